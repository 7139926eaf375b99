// The runs as the page works with them. Times are nanoseconds from the beginning of a run; two runs share one scale.

const STATES = [
  { key: "running", label: "running", top: 0, size: 1 },
  { key: "wanting", label: "wants the GIL", top: 0, size: 1 },
  { key: "lock", label: "waits for a lock", top: 0.14, size: 0.72 },
  { key: "sleeping", label: "sleeps", top: 0.32, size: 0.36 },
  { key: "io", label: "I/O", top: 0.32, size: 0.36 },
];
const [RUNNING, WANTING, LOCK] = [0, 1, 2];
const CAUSES = [
  { key: "interval", label: "interval", text: "its time was up: another thread had waited for one switch interval" },
  { key: "blocking", label: "blocking", text: "it went to wait, sleep or do I/O" },
  { key: "exit", label: "exit", text: "it ended" },
];

// Numbers that come one after another in groups, as one typed array a column.
function columns(flat, names) {
  const count = flat.length / names.length;
  const table = { count };
  names.forEach((name, at) => {
    const column = (table[name] = new Float64Array(count));
    for (let row = 0; row < count; row++) column[row] = flat[row * names.length + at];
  });
  return table;
}

function readRun(data) {
  const run = { ...data, length: Math.max(1, data.end - data.begin) };
  run.threads = data.threads.map((thread, index) => ({
    ...thread,
    index,
    spans: columns(thread.spans, ["begin", "end", "state", "place", "lock"]),
  }));
  run.holds = columns(data.holds, ["thread", "begin", "end", "cause"]);
  run.switches = columns(data.switches, ["from", "to", "left", "granted", "requested", "requester", "cause"]);
  run.switchesOf = run.threads.map(() => []);
  for (let row = 0; row < run.switches.count; row++) run.switchesOf[run.switches.from[row]]?.push(row);
  if (!run.hasGil) run.levels = levels(run.threads);
  return run;
}

// How many threads run at once: a span for each stretch in which the number stays the same.
function levels(threads) {
  const steps = [];
  for (const { spans } of threads) {
    for (let row = 0; row < spans.count; row++) {
      if (spans.state[row] === RUNNING) steps.push([spans.begin[row], 1], [spans.end[row], -1]);
    }
  }
  steps.sort((a, b) => a[0] - b[0]);
  const flat = [];
  let [level, since, most] = [0, 0, 1];
  for (const [at, step] of steps) {
    if (level > 0 && at > since) flat.push(since, at, level);
    level += step;
    since = at;
    most = Math.max(most, level);
  }
  return { ...columns(flat, ["begin", "end", "level"]), most };
}

// The first row that ends after a time; all end in order.
function firstAfter(spans, time) {
  let [low, high] = [0, spans.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans.end[middle] > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

// The row that covers a time, or -1.
function rowAt(spans, time) {
  const row = firstAfter(spans, time);
  return row < spans.count && spans.begin[row] <= time ? row : -1;
}

// How long a thread was in each state between two times.
function sharesOf(thread, from, to) {
  const shares = STATES.map(() => 0);
  const { spans } = thread;
  for (let row = firstAfter(spans, from); row < spans.count && spans.begin[row] < to; row++) {
    shares[spans.state[row]] += Math.min(spans.end[row], to) - Math.max(spans.begin[row], from);
  }
  return shares;
}

// Who held the GIL between two times, longest first: [thread index or -1 for nobody, part].
function holdersOf(run, from, to) {
  const held = new Map();
  let free = to - from;
  const { holds } = run;
  for (let row = firstAfter(holds, from); row < holds.count && holds.begin[row] < to; row++) {
    const time = Math.min(holds.end[row], to) - Math.max(holds.begin[row], from);
    held.set(holds.thread[row], (held.get(holds.thread[row]) ?? 0) + time);
    free -= time;
  }
  if (free > 0) held.set(-1, free);
  return [...held].sort((a, b) => b[1] - a[1]).map(([thread, time]) => [thread, time / Math.max(1, to - from)]);
}

// All waits for the GIL, longest first: [run index, thread index, row].
function longestWaits(runs, most = 1000) {
  const waits = [];
  runs.forEach((run, runIndex) =>
    run.threads.forEach(({ spans }, index) => {
      for (let row = 0; row < spans.count; row++) {
        if (spans.state[row] === WANTING) waits.push([runIndex, index, row, spans.end[row] - spans.begin[row]]);
      }
    }));
  return waits.sort((a, b) => b[3] - a[3]).slice(0, most);
}

function duration(nanos) {
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const [scale, unit] = units.find(([scale]) => nanos >= scale) ?? [1, "ns"];
  return `${Number((nanos / scale).toPrecision(3))} ${unit}`;
}

// A point in time, so exact that points a step apart differ.
function moment(nanos, step) {
  const [scale, unit] = step >= 1e9 ? [1e9, "s"] : step >= 1e3 ? [1e6, "ms"] : step >= 1 ? [1e3, "µs"] : [1, "ns"];
  const digits = Math.max(0, Math.ceil(-Math.log10(step / scale) - 1e-9));
  return `${(nanos / scale).toFixed(digits)} ${unit}`;
}

const percent = (part) => `${(part * 100).toFixed(part > 0 && part < 0.0995 ? 1 : 0)}%`;
