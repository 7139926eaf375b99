// Colours, patterns and glyphs. States differ in brightness, in pattern and in height, so that they can be told apart in grey
// and by people who do not see red or green; threads are numbered as well as coloured.

const INK = "#1b1f24";
const THREAD_COLOURS = ["#0b5394", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#6a4fa3", "#8a8a2a"];
const threadColour = (index) => THREAD_COLOURS[index % THREAD_COLOURS.length];

function pattern(size, background, draw) {
  const scale = window.devicePixelRatio || 1;
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(size * scale);
  const pen = tile.getContext("2d");
  pen.scale(tile.width / size, tile.height / size);
  pen.fillStyle = background;
  pen.fillRect(0, 0, size, size);
  draw(pen);
  const made = pen.createPattern(tile, "repeat");
  made.setTransform(new DOMMatrix().scale(size / tile.width));
  return made;
}

function makeFills() {
  const hatch = pattern(6, "#fdeee6", (pen) => {
    pen.strokeStyle = "#c23b10";
    pen.lineWidth = 1.7;
    for (const shift of [-6, 0, 6]) {
      pen.beginPath();
      pen.moveTo(shift - 1, 7);
      pen.lineTo(shift + 7, -1);
      pen.stroke();
    }
  });
  const dots = pattern(7, "#e5d5f0", (pen) => {
    pen.fillStyle = "#6b3f8f";
    pen.beginPath();
    pen.arc(3.5, 3.5, 1.25, 0, 7);
    pen.fill();
  });
  const lines = pattern(4, "#d6e9f7", (pen) => {
    pen.fillStyle = "#7fb2d6";
    pen.fillRect(0, 1.5, 4, 1);
  });
  return ["#1e8a5f", hatch, dots, "#d6e9f7", lines];
}
const FILLS = makeFills();
const EDGES = ["#0f5a3c", "#c23b10", "#6b3f8f", "#8fbbd8", "#7fb2d6"];
const LABELS = ["#ffffff", INK, "#3d1d57", INK, INK];

// A triangle for the interval, a square for blocking, a cross for the end.
function glyph(pen, cause, x, y) {
  pen.fillStyle = pen.strokeStyle = INK;
  pen.lineWidth = 1.6;
  pen.beginPath();
  if (cause === 0) {
    pen.moveTo(x - 4, y + 4);
    pen.lineTo(x + 4, y + 4);
    pen.lineTo(x, y - 4);
    pen.fill();
  } else if (cause === 1) {
    pen.fillRect(x - 3.2, y - 3.2, 6.4, 6.4);
  } else {
    pen.moveTo(x - 3.4, y - 3.4);
    pen.lineTo(x + 3.4, y + 3.4);
    pen.moveTo(x + 3.4, y - 3.4);
    pen.lineTo(x - 3.4, y + 3.4);
    pen.stroke();
  }
}

function arrow(pen, x0, y0, x1, y1) {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x1 - 6 * Math.cos(angle - 0.4), y1 - 6 * Math.sin(angle - 0.4));
  pen.lineTo(x1 - 6 * Math.cos(angle + 0.4), y1 - 6 * Math.sin(angle + 0.4));
  pen.fill();
}

// Text in a box, cut to fit; nothing if too little of it would.
function label(pen, text, x0, x1, y, colour) {
  const room = x1 - x0 - 8;
  if (room < 22 || !text) return;
  pen.fillStyle = colour;
  let shown = text;
  if (pen.measureText(shown).width > room) {
    let [low, high] = [0, text.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pen.measureText(text.slice(0, middle) + "…").width <= room) low = middle;
      else high = middle - 1;
    }
    if (low < 8) return;
    shown = text.slice(0, low) + "…";
  }
  pen.fillText(shown, x0 + 4, y);
}
