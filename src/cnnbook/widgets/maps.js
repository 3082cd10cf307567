// Maps of numbers on a canvas: colour scales, a focusable grid, small grids side by side.

import { clamp, el, format } from "../live/shared.js";

// ColorBrewer's RdBu, blue for negative and red for positive, white exactly at zero (matplotlib: RdBu_r)
const RDBU = ["053061", "2166ac", "4393c3", "92c5de", "d1e5f0", "f7f7f7", "fddbc7", "f4a582", "d6604d", "b2182b", "67001f"];
const HALF = 128;

const STOPS = RDBU.map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
const TABLE = Array.from({ length: 2 * HALF + 1 }, (_, index) => {
  const place = (index / (2 * HALF)) * (STOPS.length - 1);
  const low = Math.min(Math.floor(place), STOPS.length - 2);
  return STOPS[low].map((value, channel) => Math.round(value + (STOPS[low + 1][channel] - value) * (place - low)));
});

// scales: value -> [red, green, blue]
export const signed = (peak) => (value) => TABLE[HALF + Math.round(clamp(value / (peak || 1), -1, 1) * HALF)];
const GREYS = Array.from({ length: 256 }, (_, level) => [level, level, level]);
export const grey = (low, high) => (value) => GREYS[high > low ? Math.round(clamp((value - low) / (high - low), 0, 1) * 255) : 128];

export const RAMPS = {
  signed: `linear-gradient(to right, ${RDBU.map((hex) => `#${hex}`).join(", ")})`,
  grey: "linear-gradient(to right, #000, #fff)",
};

export const rangeOf = (values) => {
  let [low, high] = [Infinity, -Infinity];
  for (const row of values)
    for (const value of row) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return [low, high];
};
export const peakOf = (values) => (values.length ? Math.max(...rangeOf(values).map(Math.abs)) : 0);

// black or white, whichever stands out more: at least 4.58 to 1 (relative luminance 0.179 is the even point)
const LINEAR = Array.from({ length: 256 }, (_, v) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
const inkOn = ([r, g, b]) => (0.2126 * LINEAR[r] + 0.7152 * LINEAR[g] + 0.0722 * LINEAR[b] > 0.179 ? "#000" : "#fff");

// a colour most of the way to the page's, which is "#rrggbb"
const FADED = 0.55;
const fade = (rgb, paper) => rgb.map((value, channel) => Math.round(value + FADED * (parseInt(paper.slice(1 + 2 * channel, 3 + 2 * channel), 16) - value)));

// Make a canvas `width` x `height` CSS pixels large; the context then draws in CSS pixels.
export const fit = (canvas, width, height) => {
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const size = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  const context = canvas.getContext("2d");
  if (canvas.width !== size[0] || canvas.height !== size[1] || !fonts.has(context)) {
    [canvas.width, canvas.height] = size;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    fonts.set(context, "");
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
};
// Setting a font makes the browser bring the page's styles up to date: only when it changes.
const fonts = new WeakMap();
const setFont = (context, font) => {
  if (fonts.get(context) === font) return;
  context.font = font;
  fonts.set(context, font);
};

// Values as one picture, a pixel each.
export const picture = (values, scale, canvas = document.createElement("canvas")) => {
  if (canvas.width !== values[0].length || canvas.height !== values.length) [canvas.width, canvas.height] = [values[0].length, values.length];
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const { data } = image;
  let at = 0;
  for (const row of values)
    for (let j = 0; j < row.length; j += 1, at += 4) {
      const rgb = scale(row[j]);
      data[at] = rgb[0];
      data[at + 1] = rgb[1];
      data[at + 2] = rgb[2];
      data[at + 3] = 255;
    }
  context.putImageData(image, 0, 0);
  return canvas;
};

const hatch = (context, x, y, width, height, colours) => {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = colours.panel;
  context.fillRect(x, y, width, height);
  context.strokeStyle = colours.line;
  context.globalAlpha = 0.45;
  context.lineWidth = 1;
  context.beginPath();
  for (let s = x - height - ((x - height + y) % 6); s < x + width; s += 6) {
    context.moveTo(s, y + height);
    context.lineTo(s + height, y);
  }
  context.stroke();
  context.restore();
};

// Measuring a text does so too: each is measured once.
const widths = new Map();
const widthOf = (context, text) => {
  const key = `${fonts.get(context)} ${text}`;
  if (!widths.has(key)) {
    if (widths.size > 5000) widths.clear();
    widths.set(key, context.measureText(text).width);
  }
  return widths.get(key);
};

// The longest of value's texts that fits a cell, "" if none does.
const fitting = (context, value, room) => {
  for (const digits of [2, 1, 0]) {
    const text = format(value, digits);
    if (widthOf(context, text) <= room) return text;
  }
  return "";
};

const SMALLEST = 18; // cell that holds a number
const sizeFor = (cell) => Math.round(clamp(cell * 0.4, 9, 16));
const fontFor = (cell, family) => `${sizeFor(cell)}px ${family}`;

// Write a number into a cell, smaller if it must be; nothing where no text fits.
const write = (context, x, y, cell, value, halo = null) => {
  if (cell < SMALLEST) return;
  const font = fonts.get(context);
  let shown = fitting(context, value, cell - 3);
  if (!shown) {
    setFont(context, font.replace(/\d+px/, "9px"));
    shown = fitting(context, value, cell - 2);
  }
  if (halo) {
    context.strokeStyle = halo;
    context.lineWidth = 4;
    context.strokeText(shown, x + cell / 2, y + cell / 2 + 1);
  }
  context.fillText(shown, x + cell / 2, y + cell / 2 + 1);
  setFont(context, font);
};

// One cell; fill null is hatched, as padding is. A text stands in place of the number; a line of
// colour `struck` goes through the cell, behind the number.
const cellBox = (context, x, y, cell, { fill, value, text, style, struck, colours }) => {
  if (fill) {
    context.fillStyle = fill;
    context.fillRect(x, y, cell, cell);
  } else hatch(context, x, y, cell, cell, colours);
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1);
  if (struck) {
    context.strokeStyle = struck;
    context.lineWidth = 1.5;
    context.beginPath();
    context.moveTo(x + 2, y + cell - 2);
    context.lineTo(x + cell - 2, y + 2);
    context.stroke();
  }
  context.fillStyle = style;
  if (text === undefined) write(context, x, y, cell, value, struck && fill);
  else if (text) context.fillText(text, x + cell / 2, y + cell / 2 + 1);
};
const coloured = (rgb) => ({ fill: `rgb(${rgb})`, style: inkOn(rgb) });

const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// A focusable map. onpoint([row, col]) is called when a pointer or a key reaches a cell;
// where() says the cell that the keys start from, or null; rest() the one that the focus goes to, or null.
export const createMap = ({ name, label, where, rest = where, onpoint, onleave, bag }) => {
  const canvas = el("canvas", { class: `cnnbook-map cnnbook-map-${name}`, tabindex: 0, role: "application", "aria-label": label });
  const [base, small] = [document.createElement("canvas"), document.createElement("canvas")];
  let drawn = {};
  let marked = "";
  let shape = { rows: 1, cols: 1, pad: [0, 0], cell: 20 };
  const size = () => [(shape.cols + 2 * shape.pad[1]) * shape.cell, (shape.rows + 2 * shape.pad[0]) * shape.cell];
  const corner = ([row, col]) => [(col + shape.pad[1]) * shape.cell, (row + shape.pad[0]) * shape.cell];

  // paint the values; the picture is kept as long as the values and the key are the same
  const draw = (values, next, { key, scale, colours, family, numbers, conceal, unread }) => {
    if (values === drawn.values && key === drawn.key) return;
    drawn = { values, key };
    marked = "";
    shape = next;
    const context = fit(base, ...size());
    fit(canvas, ...size());
    const { rows, cols, cell, pad } = shape;
    setFont(context, fontFor(cell, family));
    context.fillStyle = colours.paper;
    context.fillRect(0, 0, ...size());
    if (pad[0] || pad[1]) hatch(context, 0, 0, ...size(), colours);
    if (numbers || (conceal && cell >= SMALLEST)) {
      for (let i = -pad[0]; i < rows + pad[0]; i += 1)
        for (let j = -pad[1]; j < cols + pad[1]; j += 1) {
          const value = values[i]?.[j];
          const lost = value !== undefined && unread?.(i, j);
          const look = conceal ? { fill: colours.panel, style: colours.muted, text: "?" } : value === undefined ? { style: colours.muted } : coloured(lost ? fade(scale(value), colours.paper) : scale(value));
          cellBox(context, ...corner([i, j]), cell, { value: value ?? 0, struck: lost && colours.bad, colours, ...look });
        }
    } else if (conceal) {
      cellBox(context, 0, 0, Math.max(...size()), { fill: colours.panel, style: colours.muted, text: "?", colours });
    } else {
      context.imageSmoothingEnabled = false;
      context.drawImage(picture(values, scale, small), ...corner([0, 0]), cols * cell, rows * cell);
      if (unread) veil(context, unread, colours);
    }
  };
  // fade the cells that no window reads
  const veil = (context, unread, colours) => {
    context.globalAlpha = FADED;
    context.fillStyle = colours.paper;
    for (let i = 0; i < shape.rows; i += 1)
      for (let j = 0; j < shape.cols; j += 1) if (unread(i, j)) context.fillRect(...corner([i, j]), shape.cell, shape.cell);
    context.globalAlpha = 1;
  };

  // put marks on the kept picture: { cells, colour, box, width, text(i) }; box outlines them as one
  const show = (marks, colours, family) => {
    const key = marks.some(({ text }) => text) ? "" : JSON.stringify(marks);
    if (key && key === marked) return;
    marked = key;
    const context = canvas.getContext("2d");
    context.drawImage(base, 0, 0, ...size());
    setFont(context, `bold ${fontFor(shape.cell, family)}`);
    for (const mark of marks) if (mark.cells.length) paintMark(context, mark, colours);
  };
  const outline = (context, x, y, width, height, colour, thick, colours) => {
    context.lineJoin = "round";
    for (const [style, extra] of [[colours.paper, 3], [colour, 0]]) {
      context.strokeStyle = style;
      context.lineWidth = thick + extra;
      context.strokeRect(x, y, width, height);
    }
  };
  const paintMark = (context, { cells, colour, box, text, thick = 3, tint = 0 }, colours) => {
    const { cell } = shape;
    const corners = cells.map(corner);
    if (tint) {
      context.globalAlpha = tint;
      context.fillStyle = colour;
      for (const [x, y] of corners) context.fillRect(x, y, cell, cell);
      context.globalAlpha = 1;
    }
    if (box) {
      const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
      const [left, top] = [Math.min(...xs), Math.min(...ys)];
      outline(context, left, top, Math.max(...xs) - left + cell, Math.max(...ys) - top + cell, colour, thick, colours);
    } else if (cell >= 12) for (const [x, y] of corners) outline(context, x + 2, y + 2, cell - 4, cell - 4, colour, thick, colours);
    else {
      context.globalAlpha = 0.75;
      context.fillStyle = colour;
      for (const [x, y] of corners) context.fillRect(x, y, cell, cell);
      context.globalAlpha = 1;
    }
    if (text && cell >= SMALLEST)
      corners.forEach(([x, y], i) => {
        context.fillStyle = colours.paper;
        context.fillRect(x + 4, y + 4, cell - 8, cell - 8);
        context.fillStyle = colours.ink;
        write(context, x, y, cell, text(i));
      });
  };

  const cellAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const [width, height] = size();
    const row = Math.floor((((event.clientY - box.top) / box.height) * height) / shape.cell) - shape.pad[0];
    const col = Math.floor((((event.clientX - box.left) / box.width) * width) / shape.cell) - shape.pad[1];
    return row >= 0 && col >= 0 && row < shape.rows && col < shape.cols ? [row, col] : null;
  };
  const point = (event) => {
    const cell = cellAt(event);
    if (cell) onpoint(cell);
  };
  const press = (event) => {
    const ends = { Home: event.ctrlKey ? [0, 0] : [null, 0], End: event.ctrlKey ? [shape.rows - 1, shape.cols - 1] : [null, shape.cols - 1] };
    const step = KEYS[event.key];
    const end = ends[event.key];
    if (event.key === "Escape" && onleave) onleave();
    if (event.altKey || event.metaKey || (!step && !end)) return;
    event.preventDefault();
    const from = where() ?? rest() ?? [0, 0];
    if (step && !where()) return onpoint(from);
    const goal = step ? [from[0] + step[0], from[1] + step[1]] : [end[0] ?? from[0], end[1]];
    onpoint([clamp(goal[0], 0, shape.rows - 1), clamp(goal[1], 0, shape.cols - 1)]);
  };
  bag.listen(canvas, "pointermove", point);
  bag.listen(canvas, "pointerdown", point);
  bag.listen(canvas, "keydown", press);
  bag.listen(canvas, "focus", () => canvas.matches(":focus-visible") && onpoint(rest() ?? [0, 0]));
  return { canvas, draw, show, cellAt };
};

// The font in which every grid's texts fit their cells; a grid with a text that never fits stays without.
const oneFont = (context, texts, cell, family) => {
  setFont(context, `9px ${family}`);
  const longest = texts.map((rows) => Math.max(...rows.flat().map((text) => widthOf(context, text))));
  const fits = longest.map((width) => cell >= SMALLEST && width <= cell - 3);
  const widest = Math.max(1, ...longest.filter((_, index) => fits[index]));
  return [`${clamp(Math.floor((9 * (cell - 4)) / widest), 9, sizeFor(cell))}px ${family}`, fits];
};

// Several small grids in a row with signs between them, in one canvas.
// grids: [{ values (null: padding), scale, edge, hot, secret }]; signs: texts between; write: value -> text.
export const drawGrids = (canvas, grids, signs, { cell, gap, rows, colours, family, write: told }) => {
  const widths = grids.map(({ values }) => values[0].length * cell);
  const total = widths.reduce((sum, width) => sum + width, 0) + gap * signs.length + 4;
  const context = fit(canvas, total, rows * cell + 4);
  context.clearRect(0, 0, total, rows * cell + 4);
  const texts = grids.map(({ values, secret }) => values.map((row) => row.map((value) => (secret ? "?" : told(value ?? 0)))));
  const [font, fits] = oneFont(context, texts, cell, family);
  let left = 2;
  grids.forEach(({ values, scale, edge, hot }, index) => {
    const top = 2 + ((rows - values.length) * cell) / 2;
    setFont(context, font);
    values.forEach((row, i) =>
      row.forEach((value, j) => {
        const look = value === null ? { style: colours.muted } : scale ? coloured(scale(value)) : { fill: colours.paper, style: colours.ink };
        cellBox(context, left + j * cell, top + i * cell, cell, { text: fits[index] ? texts[index][i][j] : "", colours, ...look });
      }),
    );
    context.strokeStyle = edge;
    context.lineWidth = 3;
    context.strokeRect(left, top, widths[index], values.length * cell);
    if (hot && hot[0] < values.length && hot[1] < values[0].length) {
      context.strokeStyle = colours.ink;
      context.strokeRect(left + hot[1] * cell + 2, top + hot[0] * cell + 2, cell - 4, cell - 4);
    }
    left += widths[index];
    if (signs[index]) {
      context.fillStyle = colours.ink;
      setFont(context, `18px ${family}`);
      context.fillText(signs[index], left + gap / 2, 2 + (rows * cell) / 2);
      left += gap;
    }
  });
};
