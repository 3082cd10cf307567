// The fit explorer's two pictures: samples and fit over x, errors over capacity.

import { clamp, svg } from "../live/shared.js";
import { CURVES, evaluate, GRID } from "./fit_numbers.js";
import { HIGHEST } from "./fit_state.js";
import { fit as fitCanvas } from "./maps.js";

const EDGE = { left: 36, right: 10, top: 24, bottom: 40 };
const DASHES = { train: [], validation: [9, 4], expected: [], bias2: [2, 4], variance: [9, 3, 2, 3] };
const LINE = { train: "input", validation: "kernel", expected: "output", bias2: "gradient", variance: "muted" };
export const LINES = Object.keys(LINE);
const FINE = Float64Array.from({ length: 241 }, (_, i) => -1 + i / 120);
const [LOW, HIGH] = [-3, 3]; // powers of ten of the errors that are drawn

// scales between [low, high] of the axes and pixels of a canvas
const frame = (width, height, [x0, x1], [y0, y1]) => {
  const [right, bottom] = [width - EDGE.right, height - EDGE.bottom];
  return {
    width,
    height,
    right,
    bottom,
    x: (value) => EDGE.left + ((value - x0) / (x1 - x0)) * (right - EDGE.left),
    y: (value) => bottom - ((value - y0) / (y1 - y0)) * (bottom - EDGE.top),
    atX: (pixel) => x0 + ((pixel - EDGE.left) / (right - EDGE.left)) * (x1 - x0),
    atY: (pixel) => y0 + ((bottom - pixel) / (bottom - EDGE.top)) * (y1 - y0),
  };
};
export const plane = (width, height) => frame(width, height, [-1.04, 1.04], [-HIGHEST - 0.1, HIGHEST + 0.1]);
export const ladder = (width, height, capacities) => frame(width, height, [capacities[0] - capacities.at(-1) / 40, capacities.at(-1) * 1.025], [LOW, HIGH]);

const axes = (context, at, colours, family, { xs, ys, xName, yName }) => {
  context.clearRect(0, 0, at.width, at.height);
  context.font = `12px ${family}`;
  context.fillStyle = colours.muted;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.globalAlpha = 0.35;
  context.beginPath();
  for (const [value] of ys) {
    context.moveTo(EDGE.left, Math.round(at.y(value)) + 0.5);
    context.lineTo(at.right, Math.round(at.y(value)) + 0.5);
  }
  context.stroke();
  context.globalAlpha = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const [value, text] of ys) context.fillText(text, EDGE.left - 5, at.y(value));
  context.textAlign = "center";
  for (const [value, text] of xs) context.fillText(text, at.x(value), at.bottom + 13);
  context.fillText(xName, (EDGE.left + at.right) / 2, at.bottom + 29);
  context.textAlign = "left";
  context.fillText(yName, 4, 11);
  context.strokeRect(EDGE.left + 0.5, EDGE.top + 0.5, at.right - EDGE.left - 1, at.bottom - EDGE.top - 1);
};
const inside = (context, at, paint) => {
  context.save();
  context.beginPath();
  context.rect(EDGE.left, EDGE.top, at.right - EDGE.left, at.bottom - EDGE.top);
  context.clip();
  paint();
  context.restore();
};
const curve = (context, at, xs, ys) => {
  context.beginPath();
  // far outside, canvases lose precision
  xs.forEach((x, i) => context[i ? "lineTo" : "moveTo"](at.x(x), clamp(at.y(ys[i]), -4000, 4000)));
};
const cover = (context, at, colours, family, text) => {
  context.font = `bold 14px ${family}`;
  context.textAlign = "center";
  const [x, y, half] = [(EDGE.left + at.right) / 2, EDGE.top + 20, context.measureText(text).width / 2 + 8];
  context.fillStyle = colours.paper;
  context.fillRect(x - half, y - 13, 2 * half, 26);
  context.fillStyle = colours.ink;
  context.fillText(text, x, y);
};

const dot = (context, x, y, radius) => {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
};
const drawSamples = (context, at, { x, y, selected, count }, colours) => {
  const radius = count > 60 ? 3 : 4.5;
  for (let i = 0; i < count; i += 1) {
    const [left, top] = [at.x(x[i]), at.y(clamp(y[i], -HIGHEST, HIGHEST))];
    dot(context, left, top, radius);
    context.fillStyle = colours.input;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = colours.paper;
    context.stroke();
    if (i !== selected) continue;
    dot(context, left, top, radius + 4);
    context.lineWidth = 2.5;
    context.strokeStyle = colours.ink;
    context.stroke();
  }
};

// measured: { coefficients } of the fit and { mean, deviation } of the refits, each may be missing
export const drawFit = (canvas, at, state, { coefficients, mean, deviation, old }, { colours, family, text }) => {
  const context = fitCanvas(canvas, at.width, at.height);
  const whole = (values) => values.map((value) => [value, String(value).replace("-", "−")]);
  axes(context, at, colours, family, { xs: whole([-1, -0.5, 0, 0.5, 1]), ys: whole([-2, -1, 0, 1, 2]), xName: text.axes[0], yName: text.axes[1] });
  inside(context, at, () => {
    context.lineJoin = "round";
    if (!state.concealed && mean) {
      context.globalAlpha = old ? 0.12 : 0.25;
      context.fillStyle = colours.output;
      curve(context, at, GRID, mean.map((value, i) => value + deviation[i]));
      for (let i = GRID.length - 1; i >= 0; i -= 1) context.lineTo(at.x(GRID[i]), clamp(at.y(mean[i] - deviation[i]), -4000, 4000));
      context.fill();
      context.globalAlpha = 1;
      context.setLineDash([2, 4]);
      context.lineWidth = 2;
      context.strokeStyle = colours.output;
      curve(context, at, GRID, mean);
      context.stroke();
    }
    context.setLineDash([7, 5]);
    context.lineWidth = 1.75;
    context.strokeStyle = colours.ink;
    curve(context, at, FINE, FINE.map(CURVES[state.curve]));
    context.stroke();
    context.setLineDash([]);
    if (!state.concealed) {
      context.lineWidth = 2.5;
      context.strokeStyle = colours.output;
      curve(context, at, FINE, evaluate(state, state.capacity, coefficients, FINE));
      context.stroke();
    }
  });
  drawSamples(context, at, state, colours);
  if (state.concealed) cover(context, at, colours, family, text.covered);
};

// series: { train: [[capacity, error, old], …], … }
export const drawErrors = (canvas, at, state, series, { colours, family, text }) => {
  const context = fitCanvas(canvas, at.width, at.height);
  const ticks = state.family === "polynomial" ? [0, 3, 6, 9, 12, 15] : [1, 10, 20, 30, 40, 50, 60];
  const powers = [-3, -2, -1, 0, 1, 2, 3].map((power) => [power, power < 0 ? (10 ** power).toFixed(-power).replace(/^0/, "") : String(10 ** power)]);
  axes(context, at, colours, family, { xs: ticks.map((value) => [value, String(value)]), ys: powers, xName: text.families[state.family], yName: text.error });
  const here = at.x(state.capacity);
  inside(context, at, () => {
    context.fillStyle = colours.line;
    context.globalAlpha = 0.25;
    context.fillRect(here - 5, EDGE.top, 10, at.bottom - EDGE.top);
    context.globalAlpha = 1;
    if (state.concealed) return;
    context.lineJoin = "round";
    for (const name of LINES) drawLine(context, at, name, series[name], state.capacity, colours);
  });
  if (state.concealed) cover(context, at, colours, family, text.covered);
};
const logged = (error) => Math.log10(Math.max(error, 1e-9));
const drawLine = (context, at, name, points, capacity, colours) => {
  context.strokeStyle = context.fillStyle = colours[LINE[name]];
  context.lineWidth = name === "expected" ? 3 : 2;
  context.setLineDash(DASHES[name]);
  context.globalAlpha = points.some(([, , old]) => old) ? 0.45 : 1;
  curve(context, at, points.map(([x]) => x), points.map(([, error]) => logged(error)));
  context.stroke();
  context.globalAlpha = 1;
  context.setLineDash([]);
  const now = points.find(([x]) => x === capacity);
  if (!now) return;
  dot(context, at.x(capacity), clamp(at.y(logged(now[1])), EDGE.top + 3, at.bottom - 3), name === "expected" ? 5 : 4);
  context.fill();
};

// A piece of a line, as in the pictures, for a legend.
export const sampleOf = (kind) => {
  const node = svg("svg", { class: "cnnbook-fit-key", viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" });
  const colour = (name) => `var(--cnnbook-${name})`;
  const line = (name, dash, width) => svg("line", { x1: 0, y1: 6, x2: 28, y2: 6, stroke: colour(name), "stroke-width": width, "stroke-dasharray": dash.join(" ") || null });
  const plain = { samples: () => svg("circle", { cx: 14, cy: 6, r: 4.5, fill: colour("input") }), fit: () => line("output", [], 3), curve: () => line("ink", [7, 5], 2) };
  if (kind === "band") node.append(svg("rect", { width: 28, height: 12, fill: colour("output"), opacity: 0.3 }), line("output", [2, 4], 2));
  else node.append(plain[kind]?.() ?? line(LINE[kind], DASHES[kind], kind === "expected" ? 3 : 2));
  return node;
};
