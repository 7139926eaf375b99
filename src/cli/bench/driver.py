# Runs one function of a program in some threads, at once or one after the other, and tells how long that took. Every Python
# runs it, minipy as well: so all are measured alike.
#
# Words: the program, the function, the number of threads, `concurrent` or `sequential`.

import sys
import threading
import time

path, entry, count, mode = sys.argv[1:5]
clock = getattr(time, "perf_counter", time.time)
with open(path) as file:
    source = file.read()
name = path.replace("\\", "/").split("/")[-1].rsplit(".", 1)[0]
program = {"__name__": name, "__file__": path}
exec(source, program)
worker = program[entry]
arguments = [(index,) if worker.__code__.co_argcount else () for index in range(int(count))]

if mode == "sequential":
    begin = clock()
    for each in arguments:
        worker(*each)
    end = clock()
else:
    threads = [threading.Thread(target=worker, args=each) for each in arguments]
    begin = clock()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end = clock()
sys.stderr.write("\nminipy-bench: %.9f\n" % (end - begin))
