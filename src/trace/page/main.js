// The page: what it shows, and what the mouse and the keys do to it.

const $ = (id) => document.getElementById(id);
const runs = JSON.parse($("runs").textContent).map(readRun);
const total = Math.max(...runs.map((run) => run.length));
const shown = STATES.map(() => true);
let shownSwitches = true;
const scroll = $("scroll");
const lanes = { element: $("lanes"), pen: $("lanes").getContext("2d"), width: 0, height: 0 };
const map = { element: $("map"), pen: $("map").getContext("2d"), width: 0, height: 0, picture: null };
const layout = layOut(runs);
const view = { from: 0, to: total, width: 1, strokes: 0, marked: null };
const SHORTEST = 200;
const MAP = 44;

const toX = (time) => LEFT + ((time - view.from) / (view.to - view.from)) * view.width;
const toTime = (x) => view.from + ((x - LEFT) / view.width) * (view.to - view.from);

let asked = false;
function redraw() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    draw();
  });
}

function show(from, to) {
  const length = Math.min(total, Math.max(SHORTEST, to - from));
  view.from = Math.min(Math.max(0, from), total - length);
  view.to = view.from + length;
  redraw();
}

function zoom(factor, time = (view.from + view.to) / 2) {
  const length = Math.min(total, Math.max(SHORTEST, (view.to - view.from) * factor));
  const part = (time - view.from) / (view.to - view.from);
  show(time - part * length, time - part * length + length);
}

function fit(canvas, height) {
  const scale = window.devicePixelRatio || 1;
  canvas.width = canvas.element.clientWidth;
  canvas.height = height;
  canvas.element.width = Math.round(canvas.width * scale);
  canvas.element.height = Math.round(height * scale);
  canvas.pen.setTransform(scale, 0, 0, scale, 0, 0);
}

function resize() {
  const most = Math.max(220, Math.floor(window.innerHeight * 0.72));
  const height = Math.min(layout.height, most);
  // The heights come first: they decide whether a scroll bar takes some of the width.
  $("height").style.height = `${layout.height}px`;
  lanes.element.style.height = `${height}px`;
  fit(lanes, height);
  fit(map, MAP);
  view.width = Math.max(60, lanes.width - LEFT - RIGHT);
  map.picture = null;
  redraw();
}

// What is at a point of the lanes: { row, at, run, kind: "span" | "hold" | "level" | "switch" }, or nothing.
function hit(x, y) {
  if (x < LEFT || x > LEFT + view.width || y < AXIS) return null;
  const top = y + scroll.scrollTop;
  const row = layout.rows.find((row) => top >= row.y && top < row.y + row.height);
  if (!row || row.kind === "heading") return null;
  const time = toTime(x);
  const { run } = row;
  if (row.kind === "thread") {
    const at = rowAt(row.thread.spans, time);
    return at >= 0 && shown[row.thread.spans.state[at]] ? { kind: "span", row, run, at } : null;
  }
  if (!run.hasGil) {
    const at = rowAt(run.levels, time);
    return at >= 0 ? { kind: "level", row, run, at } : null;
  }
  if (top > row.y + 4 + GIL_BAR) {
    const at = nearestSwitch(run, time);
    return at >= 0 && Math.abs(toX(run.switches.left[at]) - x) < 7 ? { kind: "switch", row, run, at } : null;
  }
  const at = rowAt(run.holds, time);
  return at >= 0 ? { kind: "hold", row, run, at } : null;
}

function nearestSwitch(run, time) {
  const { left, count } = run.switches;
  const after = firstAfter({ count, end: left }, time);
  const near = [after - 1, after].filter((row) => row >= 0 && row < count);
  return near.sort((a, b) => Math.abs(left[a] - time) - Math.abs(left[b] - time))[0] ?? -1;
}

const nameOf = (run, index) => run.threads[index]?.name ?? "nobody";

function placeText(run, index) {
  const place = run.places[index];
  return place ? `${place.file}:${place.line} in ${place.function}\n    ${place.text}` : "";
}

// What the hover text says: a heading, lines, and a line of the program.
function describe(found) {
  const { kind, run, at, row } = found;
  if (kind === "level") {
    const { begin, end, level } = run.levels;
    return { head: `${level[at]} at once`, lines: [`for ${duration(end[at] - begin[at])}`], code: "" };
  }
  if (kind === "switch") return describeSwitch(run, at);
  if (kind === "hold") {
    const { thread, begin, end, cause } = run.holds;
    const lines = [`held the GIL for ${duration(end[at] - begin[at])}`];
    if (cause[at] >= 0) lines.push(`let it go: ${CAUSES[cause[at]].label} - ${CAUSES[cause[at]].text}`);
    return { head: nameOf(run, thread[at]), lines, code: "" };
  }
  const { spans, index, name } = row.thread;
  const [begin, end, state] = [spans.begin[at], spans.end[at], spans.state[at]];
  const lock = state === LOCK ? `: ${run.locks[spans.lock[at]] ?? "lock"}` : "";
  const lines = [`${STATES[state].label}${lock} for ${duration(end - begin)}`];
  lines.push(`from ${moment(begin, 1000)} to ${moment(end, 1000)}`);
  if (state === RUNNING && run.hasGil) {
    const lost = run.switchesOf[index].find((row) => Math.abs(run.switches.left[row] - end) < 1);
    if (lost !== undefined) {
      const cause = CAUSES[run.switches.cause[lost]];
      lines.push(`then lost the GIL to ${nameOf(run, run.switches.to[lost])}: ${cause.label} - ${cause.text}`);
    }
  } else if (run.hasGil) {
    const holders = holdersOf(run, begin, end).slice(0, 4);
    const words = holders.map(([thread, part]) => `${nameOf(run, thread)} ${percent(part)}`);
    lines.push(`the GIL meanwhile: ${words.join(", ")}`);
  }
  return { head: name, lines, code: placeText(run, spans.place[at]) };
}

function describeSwitch(run, at) {
  const { from, to, left, granted, requested, requester, cause } = run.switches;
  const { label, text } = CAUSES[cause[at]];
  const lines = [`${label}: ${text}`];
  if (requester[at] >= 0) {
    lines.push(`${nameOf(run, requester[at])} had asked for it ${duration(left[at] - requested[at])} before`);
  }
  lines.push(`the new holder had it ${duration(granted[at] - left[at])} later`);
  return { head: `${nameOf(run, from[at])} → ${nameOf(run, to[at])}`, lines, code: "" };
}

const tip = $("tip");
function showTip(found, x, y) {
  tip.hidden = !found;
  if (!found) return;
  const { head, lines, code } = describe(found);
  tip.replaceChildren();
  tip.append(Object.assign(document.createElement("b"), { textContent: head }), `\n${lines.join("\n")}`);
  if (code) tip.append("\n", Object.assign(document.createElement("code"), { textContent: code }));
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 14, window.innerWidth - box.width - 8))}px`;
  tip.style.top = `${y + box.height + 24 > window.innerHeight ? Math.max(4, y - box.height - 12) : y + 18}px`;
}

// Waits for the GIL one after another, the longest first.
const waits = longestWaits(runs);
let nextWait = 0;
function jumpToWait() {
  if (!waits.length) return;
  const [runIndex, index, at, length] = waits[nextWait++ % waits.length];
  const { spans } = runs[runIndex].threads[index];
  const row = layout.rows.find((row) => row.run === runs[runIndex] && row.thread?.index === index);
  view.marked = { row, begin: spans.begin[at], end: spans.end[at] };
  scroll.scrollTop = Math.max(0, row.y - lanes.height / 2);
  show(spans.begin[at] - length * 0.6, spans.end[at] + length * 0.6);
}

function whole() {
  view.marked = null;
  show(0, total);
}

function listen() {
  const { element } = lanes;
  const place = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  let drag = null;
  element.addEventListener("wheel", (event) => {
    const [x] = place(event);
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const step = ((view.to - view.from) / view.width) * (event.deltaX || event.deltaY);
      show(view.from + step, view.to + step);
    } else {
      zoom(1.0016 ** event.deltaY, toTime(Math.max(LEFT, x)));
    }
    event.preventDefault();
  }, { passive: false });
  element.addEventListener("pointerdown", (event) => {
    drag = { x: event.clientX, y: event.clientY, top: scroll.scrollTop, from: view.from, to: view.to };
    element.setPointerCapture?.(event.pointerId);
    element.classList.add("dragging");
  });
  element.addEventListener("pointermove", (event) => {
    if (drag) {
      const step = ((drag.x - event.clientX) / view.width) * (drag.to - drag.from);
      scroll.scrollTop = drag.top + drag.y - event.clientY;
      show(drag.from + step, drag.to + step);
      tip.hidden = true;
    } else {
      showTip(hit(...place(event)), event.clientX, event.clientY);
    }
  });
  const drop = () => {
    drag = null;
    element.classList.remove("dragging");
  };
  element.addEventListener("pointerup", drop);
  element.addEventListener("pointercancel", drop);
  element.addEventListener("pointerleave", () => (tip.hidden = true));
  element.addEventListener("dblclick", whole);
  scroll.addEventListener("scroll", redraw);
  new ResizeObserver(resize).observe(scroll);
  window.addEventListener("keydown", onKey);
  listenMap();
  $("longest").addEventListener("click", jumpToWait);
  $("longest").disabled = !waits.length;
  $("in").addEventListener("click", () => zoom(0.5));
  $("out").addEventListener("click", () => zoom(2));
  $("whole").addEventListener("click", whole);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const step = (view.to - view.from) / 8;
  const keys = {
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
    0: whole,
    n: jumpToWait,
    ArrowLeft: () => show(view.from - step, view.to - step),
    ArrowRight: () => show(view.from + step, view.to + step),
  };
  if (!keys[event.key]) return;
  keys[event.key]();
  event.preventDefault();
}

// In the map, a click moves what is shown and a drag chooses it.
function listenMap() {
  let from = null;
  const time = (event) => {
    const x = event.clientX - map.element.getBoundingClientRect().left;
    return Math.min(total, Math.max(0, ((x - LEFT) / view.width) * total));
  };
  map.element.addEventListener("pointerdown", (event) => {
    from = time(event);
    map.element.setPointerCapture?.(event.pointerId);
    const half = (view.to - view.from) / 2;
    show(from - half, from + half);
  });
  map.element.addEventListener("pointermove", (event) => {
    if (from === null) return;
    const to = time(event);
    if (Math.abs(to - from) > total / 200) show(Math.min(from, to), Math.max(from, to));
  });
  map.element.addEventListener("pointerup", () => (from = null));
}

function fillLegend() {
  const add = (text, paint, press) => {
    const button = document.createElement("button");
    const sample = document.createElement("canvas");
    [sample.width, sample.height] = [52, 32];
    const pen = sample.getContext("2d");
    pen.scale(2, 2);
    paint(pen);
    button.append(sample, text);
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(press()));
      redraw();
    });
    $("legend").append(button);
  };
  STATES.forEach(({ label, top, size }, state) => {
    const paint = (pen) => {
      pen.fillStyle = FILLS[state];
      pen.fillRect(1, 1 + top * 14, 24, size * 14);
      pen.strokeStyle = EDGES[state];
      pen.strokeRect(1, 1 + top * 14, 24, size * 14);
    };
    add(label, paint, () => (shown[state] = !shown[state]));
  });
  if (!runs.some((run) => run.hasGil)) return;
  const glyphs = (pen) => [0, 1, 2].forEach((cause) => glyph(pen, cause, 5 + cause * 8, 8));
  add("switch: interval, blocking, exit", glyphs, () => (shownSwitches = !shownSwitches));
}

function fillWords() {
  $("title").textContent = runs.map((run) => run.title).filter((title, at, all) => all.indexOf(title) === at).join(", ");
  const words = runs.map((run) => {
    const lost = run.lost ? ` (the last part of the run; ${run.lost})` : "";
    return `${duration(run.length)}, ${run.threads.length} threads, ${run.switches.count} switches${lost}`;
  });
  $("summary").textContent = words.join("  |  ");
  for (const run of runs) $("tables").append(heading(run), table(run));
}

function heading(run) {
  return Object.assign(document.createElement("h2"), { textContent: run.rules });
}

// The shares as text, for those who cannot see the lanes, and to copy.
function table(run) {
  const made = document.createElement("table");
  const row = (cells, kind) => {
    const line = made.insertRow();
    for (const cell of cells) line.append(Object.assign(document.createElement(kind), { textContent: cell }));
  };
  row(["thread", "time", ...STATES.map(({ label }) => label), "longest wait"], "th");
  for (const thread of run.threads) {
    const shares = sharesOf(thread, 0, run.length);
    const sum = shares.reduce((a, b) => a + b, 0);
    const { spans } = thread;
    let longest = 0;
    for (let at = 0; at < spans.count; at++) {
      if (spans.state[at] === WANTING) longest = Math.max(longest, spans.end[at] - spans.begin[at]);
    }
    const parts = shares.map((share) => percent(share / Math.max(1, sum)));
    row([thread.name, duration(sum), ...parts, duration(longest)], "td");
  }
  return made;
}

fillLegend();
fillWords();
listen();
resize();
