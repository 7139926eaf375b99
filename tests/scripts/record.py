"""Records what CPython 3.13 prints for the scripts below this folder.

    python3.13 record.py                 write every recording anew
    python3.13 record.py syntax int      only the scripts whose path contains one of the words
    python3.13 record.py --check         write nothing; report every script whose recording is not what is printed now

`NAME.out` is the standard output of `python3.13 NAME.mpy`, run in the script's own folder. In the folder `tracebacks`
it is the standard error, in `NAME.err`, with the path of that folder removed, and `NAME.status` holds the exit status
where that is not 1.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SECONDS = 60


def run(script):
    # The hash seed fixes the order of sets; the other settings keep colours and compiled files out.
    settings = {"PYTHONHASHSEED": "0", "PYTHON_COLORS": "0", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | settings
    return subprocess.run(
        [sys.executable, script.name],
        cwd=script.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
    )


def recordings(script):
    """What should stand beside the script: a dict of file to bytes (None: no such file)."""
    done = run(script)
    if script.parent.name == "tracebacks":
        status = f"{done.returncode}\n".encode() if done.returncode != 1 else None
        # CPython makes the path of its script absolute; the recording holds the name alone.
        errors = done.stderr.replace(f"{script.parent}{os.sep}".encode(), b"")
        return {script.with_suffix(".err"): errors, script.with_suffix(".status"): status}
    if done.returncode or done.stderr:
        sys.exit(f"{script} failed:\n{done.stderr.decode()}")
    return {script.with_suffix(".out"): done.stdout}


def main(arguments):
    if sys.version_info[:2] != (3, 13):
        sys.exit("run this with CPython 3.13: it is the specification")
    check = "--check" in arguments
    words = [word for word in arguments if not word.startswith("-")]
    different = 0
    for script in sorted(HERE.rglob("*.mpy")):
        name = script.relative_to(HERE).as_posix()
        if words and not any(word in name for word in words):
            continue
        for file, wanted in recordings(script).items():
            if wanted == (file.read_bytes() if file.exists() else None):
                continue
            different += 1
            print("different" if check else "recorded", file.relative_to(HERE).as_posix())
            if check:
                continue
            if wanted is None:
                file.unlink()
            else:
                file.write_bytes(wanted)
    return 1 if check and different else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
