// The lanes. What is narrower than a pixel is not drawn one by one: each pixel column shows how much of it every state had.

const LEFT = 190;
const RIGHT = 214;
const AXIS = 26;
const HEADING = 26;
const GIL_ROW = 40;
const GIL_BAR = 26;
const GAP = 14;
const FONT = '12.5px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';

// Rows from top to bottom: { kind, run, thread, y, height }.
function layOut(runs) {
  const rows = [];
  let y = AXIS;
  const add = (kind, height, run, thread) => {
    rows.push({ kind, run, thread, y, height });
    y += height;
  };
  runs.forEach((run) => {
    add("heading", HEADING, run);
    add("gil", GIL_ROW, run);
    const height = run.threads.length > 60 ? 18 : 32;
    run.threads.forEach((thread) => add("thread", height, run, thread));
    y += GAP;
  });
  return { rows, height: y };
}

// Paints the spans that are seen. `kindOf(row)` is a small number or -1 to leave it out; `rect(kind, x0, x1, row)` paints a
// wide one; `column(x, amounts)` a pixel column of narrow ones, with the part of it that each kind had. Returns how many
// strokes that took.
function paintSpans(spans, kindOf, rect, column) {
  let strokes = 0;
  let at = -1;
  let amounts = new Map();
  const flush = () => {
    if (amounts.size) {
      column(at, amounts);
      strokes += amounts.size;
      amounts = new Map();
    }
  };
  const end = LEFT + view.width;
  for (let row = firstAfter(spans, view.from); row < spans.count && spans.begin[row] < view.to; row++) {
    const kind = kindOf(row);
    if (kind < 0) continue;
    const x0 = Math.max(LEFT, toX(spans.begin[row]));
    const x1 = Math.min(end, toX(spans.end[row]));
    if (x1 - x0 >= 1.5) {
      rect(kind, x0, x1, row);
      strokes++;
      continue;
    }
    for (let x = Math.floor(x0); x < x1; x++) {
      if (x !== at) {
        flush();
        at = x;
      }
      const part = Math.min(x1, x + 1) - Math.max(x0, x);
      amounts.set(kind, (amounts.get(kind) ?? 0) + part);
    }
  }
  flush();
  return strokes;
}

function drawThread(pen, row) {
  const { thread, run, height } = row;
  const pad = height > 24 ? 4 : 2;
  const [y, h] = [row.y + pad, height - 2 * pad];
  const { spans } = thread;
  const middle = row.y + height / 2 + 4.5;
  const wide = [];
  view.strokes += paintSpans(
    spans,
    (at) => (shown[spans.state[at]] ? spans.state[at] : -1),
    (state, x0, x1, at) => {
      const { top, size } = STATES[state];
      pen.fillStyle = FILLS[state];
      pen.fillRect(x0, y + top * h, x1 - x0, size * h);
      if (x1 - x0 > 4) {
        pen.strokeStyle = EDGES[state];
        pen.lineWidth = 0.75;
        pen.strokeRect(x0 + 0.4, y + top * h + 0.4, x1 - x0 - 0.8, size * h - 0.8);
      }
      if (x1 - x0 > 30 && h >= 14) wide.push([state, x0, x1, at]);
    },
    (x, amounts) => {
      let bottom = y + h;
      for (let state = 0; state < STATES.length; state++) {
        const amount = amounts.get(state);
        if (!amount) continue;
        const size = Math.max(1.5, Math.min(1, amount) * h);
        pen.fillStyle = FILLS[state];
        pen.fillRect(x, bottom - size, 1, size);
        bottom -= size;
      }
    },
  );
  for (const [state, x0, x1, at] of wide) {
    const text = labelOf(run, spans, at);
    if (state === WANTING || state === LOCK) {
      // On a pattern, text needs a ground of its own.
      const width = pen.measureText(text).width + 6;
      if (width > x1 - x0 - 4) continue;
      pen.fillStyle = "#ffffffd8";
      pen.fillRect(x0 + 2, middle - 12, width, 15);
    }
    label(pen, text, x0, x1, middle, LABELS[state]);
  }
}

function labelOf(run, spans, at) {
  const state = spans.state[at];
  if (state === LOCK) return run.locks[spans.lock[at]] ?? "lock";
  const place = run.places[spans.place[at]];
  if (state === RUNNING && place) return `${place.line}  ${place.text}`;
  return STATES[state].label;
}

function drawGil(pen, row) {
  const { run } = row;
  const y = row.y + 4;
  if (!run.hasGil) return drawLevels(pen, run, y);
  const { holds } = run;
  pen.fillStyle = "#fff";
  pen.fillRect(LEFT, y, view.width, GIL_BAR);
  pen.strokeStyle = "#b6bec7";
  pen.lineWidth = 1;
  pen.strokeRect(LEFT + 0.5, y + 0.5, view.width - 1, GIL_BAR - 1);
  view.strokes += paintSpans(
    holds,
    (at) => holds.thread[at],
    (thread, x0, x1) => {
      pen.fillStyle = threadColour(thread);
      pen.fillRect(x0, y, x1 - x0, GIL_BAR);
      label(pen, run.threads[thread]?.name, x0, x1, y + 18, "#fff");
    },
    (x, amounts) => {
      let bottom = y + GIL_BAR;
      for (const [thread, amount] of amounts) {
        const size = Math.min(1, amount) * GIL_BAR;
        pen.fillStyle = threadColour(thread);
        pen.fillRect(x, bottom - size, 1, size);
        bottom -= size;
      }
    },
  );
}

function drawLevels(pen, run, y) {
  const { levels } = run;
  const bar = (x, width, level) => {
    const size = (level / levels.most) * GIL_BAR;
    pen.fillStyle = FILLS[RUNNING];
    pen.fillRect(x, y + GIL_BAR - size, width, size);
    return size;
  };
  view.strokes += paintSpans(
    levels,
    (at) => levels.level[at],
    (level, x0, x1) => {
      const size = bar(x0, x1 - x0, level);
      // A low bar has no room for its number, which stands above it then.
      const isLow = size < 15;
      label(pen, String(level), x0, x1, y + GIL_BAR - (isLow ? size + 3 : 5), isLow ? INK : "#fff");
    },
    (x, amounts) => {
      let mean = 0;
      for (const [level, amount] of amounts) mean += level * Math.min(1, amount);
      bar(x, 1, mean);
    },
  );
  pen.strokeStyle = "#b6bec7";
  pen.lineWidth = 1;
  pen.strokeRect(LEFT + 0.5, y + 0.5, view.width - 1, GIL_BAR - 1);
}

// Glyphs, and where there is room for them hand-overs and requests.
function drawSwitches(pen, run, rowOf, gilRow) {
  const { switches } = run;
  const strip = gilRow.y + 4 + GIL_BAR + 6;
  let last = -Infinity;
  let row = firstAfter({ count: switches.count, end: switches.granted }, view.from);
  for (; row < switches.count && switches.left[row] < view.to; row++) {
    const x = toX(switches.left[row]);
    if (x < LEFT || x > LEFT + view.width || x - last < 9) continue;
    const isLoose = x - last >= 22 && (row + 1 >= switches.count || toX(switches.left[row + 1]) - x >= 14);
    last = x;
    glyph(pen, switches.cause[row], x, strip);
    view.strokes++;
    const [from, to] = [rowOf(switches.from[row]), rowOf(switches.to[row])];
    if (!isLoose || !from || !to) continue;
    const granted = toX(switches.granted[row]);
    pen.strokeStyle = pen.fillStyle = "#3a424bcc";
    pen.lineWidth = 1;
    const down = to.y > from.y;
    arrow(pen, x, from.y + (down ? from.height - 4 : 4), Math.max(granted, x + 0.01), to.y + (down ? 4 : to.height - 4));
    const requester = switches.requester[row] >= 0 ? rowOf(switches.requester[row]) : null;
    if (requester) {
      pen.setLineDash([2, 3]);
      pen.strokeStyle = "#8c1d04";
      pen.lineWidth = 1.4;
      pen.beginPath();
      pen.moveTo(Math.max(LEFT, toX(switches.requested[row])), requester.y + requester.height / 2);
      pen.lineTo(granted, gilRow.y + 4 + GIL_BAR);
      pen.stroke();
      pen.setLineDash([]);
    }
  }
}

function drawAxis(pen, width) {
  pen.fillStyle = "#f5f6f8";
  pen.fillRect(0, 0, width, AXIS - 4);
  const span = view.to - view.from;
  const rough = (span / view.width) * 110;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough);
  pen.strokeStyle = "#d5dae0";
  pen.fillStyle = "#4a525b";
  pen.lineWidth = 1;
  pen.textAlign = "center";
  for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
    const x = Math.round(toX(time)) + 0.5;
    pen.beginPath();
    pen.moveTo(x, AXIS - 8);
    pen.lineTo(x, AXIS - 4);
    pen.stroke();
    if (x > LEFT - 2 && x < LEFT + view.width + 2) pen.fillText(moment(time, step), x, 14);
  }
  pen.textAlign = "left";
  pen.fillStyle = INK;
  pen.fillText(`shown: ${duration(span)}`, 8, 14);
}

function drawMargins(pen, row) {
  const middle = row.y + row.height / 2 + 4.5;
  if (row.kind === "heading") {
    pen.font = `600 ${FONT}`;
    pen.fillStyle = INK;
    pen.fillText(`${row.run.rules}`, 8, row.y + 19);
    pen.font = FONT;
    return;
  }
  pen.fillStyle = INK;
  if (row.kind === "gil") {
    const text = row.run.hasGil ? "GIL" : "threads running at once";
    pen.fillText(text, 26, row.y + 4 + 18);
    pen.fillStyle = "#4a525b";
    pen.fillText(gilShare(row.run), LEFT + view.width + 12, row.y + 4 + 18);
    return;
  }
  pen.fillStyle = threadColour(row.thread.index);
  pen.fillRect(10, row.y + row.height / 2 - 6, 11, 12);
  label(pen, row.thread.name, 22, LEFT - 4, middle, INK);
  drawShares(pen, row, middle);
}

function gilShare(run) {
  const to = Math.min(view.to, run.length);
  const time = Math.max(1, to - view.from);
  if (run.hasGil) {
    const free = holdersOf(run, view.from, to).find(([thread]) => thread < 0);
    return `held ${percent(1 - (free ? free[1] : 0))}`;
  }
  const sum = run.threads.reduce((sum, thread) => sum + sharesOf(thread, view.from, to)[RUNNING], 0);
  return `${(sum / time).toFixed(2)} on average`;
}

// At the end of a lane: what its thread did in the time that is shown.
function drawShares(pen, row, middle) {
  const shares = sharesOf(row.thread, view.from, view.to);
  const sum = shares.reduce((a, b) => a + b, 0);
  if (sum <= 0) return;
  let x = LEFT + view.width + 12;
  const width = 60;
  const from = x;
  shares.forEach((share, state) => {
    const part = (share / sum) * width;
    pen.fillStyle = FILLS[state];
    pen.fillRect(x, middle - 11, part, 13);
    x += part;
  });
  pen.strokeStyle = "#8a929b";
  pen.lineWidth = 0.75;
  pen.strokeRect(from + 0.4, middle - 10.6, width - 0.8, 12.2);
  const order = shares.map((share, state) => [share / sum, state]).sort((a, b) => b[0] - a[0]);
  const words = order.slice(0, 2).filter(([part]) => part >= 0.005);
  const short = ["run", "want", "lock", "sleep", "I/O"];
  pen.fillStyle = INK;
  pen.fillText(words.map(([part, state]) => `${short[state]} ${percent(part)}`).join("  "), from + width + 7, middle);
}

function draw() {
  const pen = lanes.pen;
  const top = scroll.scrollTop;
  view.strokes = 0;
  pen.clearRect(0, 0, lanes.width, lanes.height);
  pen.font = FONT;
  pen.save();
  pen.translate(0, -top);
  const seen = layout.rows.filter((row) => row.y + row.height >= top && row.y <= top + lanes.height);
  for (const row of seen) {
    if (row.kind === "thread" && row.thread.index % 2) {
      pen.fillStyle = "#f8f9fb";
      pen.fillRect(0, row.y, lanes.width, row.height);
    }
    if (row.kind === "gil") drawGil(pen, row);
    if (row.kind === "thread") drawThread(pen, row);
    drawMargins(pen, row);
  }
  for (const run of runs) {
    const rows = layout.rows.filter((row) => row.run === run);
    const gilRow = rows.find((row) => row.kind === "gil");
    const rowOf = (index) => rows[index + 2];
    if (run.hasGil && shownSwitches) drawSwitches(pen, run, rowOf, gilRow);
  }
  if (view.marked) {
    const { row, begin, end } = view.marked;
    pen.strokeStyle = INK;
    pen.lineWidth = 2;
    pen.strokeRect(toX(begin) - 1, row.y + 1, toX(end) - toX(begin) + 2, row.height - 2);
  }
  pen.restore();
  drawAxis(pen, lanes.width);
  drawMap();
  const shownNow = `from ${moment(view.from, 1000)} to ${moment(view.to, 1000)}`;
  lanes.element.setAttribute("aria-label", `A lane for the GIL and one for each thread, ${shownNow}`);
  lanes.element.dataset.strokes = view.strokes;
}

// The whole run in one strip: how many threads ran and wanted the GIL, and what part of it is shown.
function drawMap() {
  const pen = map.pen;
  pen.clearRect(0, 0, map.width, map.height);
  if (!map.picture || map.picture.width !== Math.round(map.width)) map.picture = mapPicture();
  pen.drawImage(map.picture, 0, 0, map.width, map.height);
  const x = (time) => LEFT + (time / total) * view.width;
  pen.fillStyle = "#ffffffb8";
  pen.fillRect(LEFT, 0, x(view.from) - LEFT, map.height);
  pen.fillRect(x(view.to), 0, LEFT + view.width - x(view.to), map.height);
  pen.strokeStyle = INK;
  pen.lineWidth = 1.5;
  pen.strokeRect(x(view.from), 1, Math.max(3, x(view.to) - x(view.from)), map.height - 2);
}

function mapPicture() {
  const picture = document.createElement("canvas");
  picture.width = Math.round(map.width);
  picture.height = Math.round(map.height);
  const pen = picture.getContext("2d");
  const columnsCount = Math.max(1, Math.floor(view.width));
  const each = picture.height / runs.length;
  runs.forEach((run, at) => {
    const sums = [RUNNING, WANTING].map((state) => sumPerColumn(run, state, columnsCount));
    const most = Math.max(1, run.threads.length);
    for (let x = 0; x < columnsCount; x++) {
      let bottom = (at + 1) * each - 1;
      sums.forEach((sum, state) => {
        const size = Math.min(1, sum[x] / most) * (each - 2);
        pen.fillStyle = FILLS[state];
        pen.fillRect(LEFT + x, bottom - size, 1, size);
        bottom -= size;
      });
    }
  });
  pen.strokeStyle = "#b6bec7";
  pen.strokeRect(LEFT + 0.5, 0.5, columnsCount - 1, picture.height - 1);
  return picture;
}

// How many threads were in a state, on average, in each of so many equal parts of the whole time.
function sumPerColumn(run, state, count) {
  const sums = new Float64Array(count);
  const width = total / count;
  for (const { spans } of run.threads) {
    for (let row = 0; row < spans.count; row++) {
      if (spans.state[row] !== state) continue;
      const [begin, end] = [spans.begin[row], spans.end[row]];
      const last = Math.min(count - 1, Math.floor(end / width));
      for (let x = Math.floor(begin / width); x <= last; x++) {
        sums[x] += (Math.min(end, (x + 1) * width) - Math.max(begin, x * width)) / width;
      }
    }
  }
  return sums;
}
