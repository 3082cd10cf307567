// Two panels on one logarithmic scale: the signal by layer, and the gradient by layer.

import { svg } from "../live/shared.js";
import { power } from "./flow_state.js";

const LEVELS = [2, 4, 8, 16, 32, 64, 128];
const EDGE = { left: 58, right: 10, top: 8, bottom: 38 };

// the powers of ten at the ends of the scale: few levels, so that it seldom moves
export const scaleOf = (values) => {
  const logs = values.filter((value) => value > 0).map(Math.log10);
  const level = (reach) => LEVELS.find((power10) => power10 >= reach) ?? LEVELS.at(-1);
  return [-level(-Math.min(0, ...logs)), level(Math.max(0, ...logs))];
};
export const ticksOf = ([low, high]) => {
  const step = LEVELS.concat(1).sort((a, b) => a - b).find((each) => (high - low) / each <= 6);
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, i) => first + i * step);
};
export const layerTicks = (depth, room) => {
  const step = [1, 2, 5, 10, 25].find((each) => (depth / each) * 26 <= room) ?? 50;
  return Array.from({ length: Math.floor(depth / step) + 1 }, (_, i) => i * step);
};

// text: { label(layer): what is read at that layer, axis, name, covered }; onlayer(1 … depth)
export const createPanel = ({ kind, text, onlayer, bag }) => {
  const grid = svg("g", { class: "cnnbook-flow-grid" });
  const band = svg("rect", { class: "cnnbook-flow-band" });
  const line = svg("path", { class: `cnnbook-flow-line cnnbook-flow-${kind}` });
  const marks = svg("path", { class: `cnnbook-flow-marks cnnbook-flow-${kind}` });
  const cursor = svg("line", { class: "cnnbook-flow-cursor" });
  const spot = svg("circle", { class: `cnnbook-flow-spot cnnbook-flow-${kind}`, r: 5 });
  const axis = svg("text", { class: "cnnbook-flow-axis", "text-anchor": "middle" }, text.axis);
  const cover = svg("text", { class: "cnnbook-flow-cover", "text-anchor": "middle" }, text.covered);
  const node = svg("svg", { class: "cnnbook-flow-panel", role: "slider", tabindex: 0, "aria-label": text.name, "aria-valuemin": 1, "aria-orientation": "horizontal" },
    band, grid, line, marks, cursor, spot, axis, cover);
  let now = null;
  let laid = "";

  const x = (layer) => EDGE.left + (layer / now.depth) * (now.width - EDGE.left - EDGE.right);
  const y = (value) => {
    const [low, high] = now.scale;
    const log = value > 0 ? Math.max(low, Math.min(Math.log10(value), high)) : low;
    return EDGE.top + ((high - log) / (high - low)) * (now.height - EDGE.top - EDGE.bottom);
  };
  const lay = () => {
    const { width, height, depth, scale } = now;
    if (laid === `${width}/${height}/${depth}/${scale}`) return;
    laid = `${width}/${height}/${depth}/${scale}`;
    const [right, bottom] = [width - EDGE.right, now.height - EDGE.bottom];
    node.setAttribute("width", width);
    node.setAttribute("height", height);
    node.setAttribute("viewBox", `0 0 ${width} ${now.height}`);
    grid.replaceChildren(
      ...ticksOf(scale).flatMap((exponent) => [
        svg("line", { x1: EDGE.left, x2: right, y1: y(10 ** exponent), y2: y(10 ** exponent), class: exponent === 0 ? "cnnbook-flow-one" : null }),
        svg("text", { x: EDGE.left - 10, y: y(10 ** exponent) + 4, "text-anchor": "end" }, exponent === 0 ? "1" : power(exponent)),
      ]),
      ...layerTicks(depth, right - EDGE.left).map((layer) => svg("text", { x: x(layer), y: bottom + 16, "text-anchor": "middle" }, String(layer))),
    );
    const [top, foot] = [y(10), y(0.1)];
    for (const [name, value] of Object.entries({ x: EDGE.left, y: top, width: right - EDGE.left, height: foot - top })) band.setAttribute(name, value);
    axis.setAttribute("x", (EDGE.left + right) / 2);
    axis.setAttribute("y", now.height - 5);
    cover.setAttribute("x", (EDGE.left + right) / 2);
    cover.setAttribute("y", now.height / 2 - 40);
    node.setAttribute("aria-valuemax", depth);
  };
  const trace = () => {
    const places = now.values.map((value, layer) => [x(layer), y(value)].map((at) => at.toFixed(1)));
    line.setAttribute("d", `M${places.join("L")}`);
    const few = Math.ceil(now.depth / 10);
    const shape = kind === "gradient" ? ([a, b]) => `M${a - 3.5},${b - 3.5}h7v7h-7z` : ([a, b]) => `M${a - 4},${b}a4,4 0 1 0 8,0a4,4 0 1 0 -8,0z`;
    marks.setAttribute("d", places.filter((_, layer) => layer % few === 0 || layer === now.depth).map(shape).join(""));
  };
  const point = () => {
    const { layer, values } = now;
    for (const name of ["x1", "x2"]) cursor.setAttribute(name, x(layer));
    cursor.setAttribute("y1", EDGE.top);
    cursor.setAttribute("y2", now.height - EDGE.bottom);
    spot.setAttribute("cx", x(layer));
    spot.setAttribute("cy", y(values?.[layer] ?? 1));
    node.setAttribute("aria-valuenow", layer);
    node.setAttribute("aria-valuetext", text.label(layer, values?.[layer]));
  };
  // next: { width, height, depth, scale, values (null: covered), layer }
  const draw = (next) => {
    now = next;
    lay();
    for (const part of [line, marks, spot]) part.style.display = now.values ? "" : "none";
    cover.style.display = now.values ? "none" : "";
    if (now.values) trace();
    point();
  };

  const follow = (event) => {
    const inside = event.clientX - node.getBoundingClientRect().left - EDGE.left;
    const layer = Math.round((inside / (now.width - EDGE.left - EDGE.right)) * now.depth);
    onlayer(Math.max(1, Math.min(layer, now.depth)));
  };
  bag.listen(node, "pointermove", follow);
  bag.listen(node, "pointerdown", follow);
  bag.listen(node, "keydown", (event) => {
    const { layer, depth } = now;
    const goal = { ArrowLeft: layer - 1, ArrowDown: layer - 1, ArrowRight: layer + 1, ArrowUp: layer + 1, PageDown: layer - 10, PageUp: layer + 10, Home: 1, End: depth }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    onlayer(Math.max(1, Math.min(goal, depth)));
  });
  return { node, draw };
};
