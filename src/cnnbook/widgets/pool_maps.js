// The two grids of the pool router: x with what arrives under each number, y with its dy under each.

import { clamp, el } from "../live/shared.js";
import { put } from "./checklist.js";
import { createBoxes, createOutputs, edges, fitText, PAD, place } from "./pool_grid.js";

const CELL = { least: 24, most: 46, x: 42, y: 50 }; // px: width of a cell, height in either grid
const SIGN = 7.2; // px: width of a sign
// room for x of so many rows with all its padding, and for every y of not more outputs than that
const stageHeight = (rows) => Math.max(rows * CELL.x + (PAD.before + PAD.after) * PAD.height, (rows + 1) * CELL.y);
const has = (cells, [i, j]) => cells.some(([r, c]) => r === i && c === j);
const flag = (node, name, on) => (on ? node.setAttribute(`data-${name}`, "") : node.removeAttribute(`data-${name}`));

// a cell: what stands in it, and below that the gradient
const tint = (node, value, peak) => node.style.setProperty("--cnnbook-pool-part", `${value ? Math.round(12 + 33 * Math.min(1, Math.abs(value) / (peak || 1))) : 0}%`);

export const createInputMap = ({ text, onedit, onbad, onprobe, bag }) => {
  const stage = el("div", { class: "cnnbook-pool-stage", role: "group", "aria-label": text.x.group });
  const frame = el("div", { class: "cnnbook-pool-frame" });
  const outline = el("div", { class: "cnnbook-pool-window" });
  const boxes = createBoxes({ text: text.x, stage, onedit, onbad, onfocus: (to) => onprobe(to, true), bag });
  let cells = [];
  let pads = new Map();
  let key = "";
  const under = (event) => event.target.closest?.("[data-cell]")?.dataset.cell.split(",").map(Number) ?? null;
  bag.listen(stage, "pointerover", (event) => event.pointerType === "mouse" && onprobe(under(event), false));
  bag.listen(stage, "pointerleave", (event) => event.pointerType === "mouse" && onprobe(null, false));
  bag.listen(stage, "focusout", (event) => stage.contains(event.relatedTarget) || onprobe(null, true));

  const build = ({ x, padding }, ends, rowEdge, colEdge) => {
    const made = boxes.build(x.length, x[0].length);
    cells = made.map((row, i) => row.map((box, j) => el("div", { class: "cnnbook-pool-cell", "data-cell": `${i},${j}` }, box, el("span", { class: "cnnbook-pool-part" }))));
    pads = new Map();
    for (let i = -padding[0]; i < ends[0]; i += 1)
      for (let j = -padding[1]; j < ends[1]; j += 1) {
        if (x[i]?.[j] !== undefined) continue;
        const known = i < x.length + padding[0] && j < x[0].length + padding[1];
        const node = el("div", { class: `cnnbook-pool-pad${known ? "" : " cnnbook-pool-over"}` });
        place(node, [colEdge(j), rowEdge(i), colEdge(j + 1), rowEdge(i + 1)]);
        if (known) pads.set(`${i},${j}`, node);
        else node.dataset.over = "";
        stage.append(node);
      }
    cells.forEach((row, i) => row.forEach((cell, j) => place(cell, [colEdge(j), rowEdge(i), colEdge(j + 1), rowEdge(i + 1)])));
  };
  const layOut = (state, found, width) => {
    const { x } = state;
    const { padding, axes } = found;
    const rowEdge = edges(x.length, CELL.x, PAD.height, PAD.before);
    const colEdge = edges(x[0].length, width, PAD.width, PAD.before);
    const ends = [0, 1].map((axis) => Math.max([x.length, x[0].length][axis] + padding[axis], axes[axis].at(-1)[1]));
    const next = JSON.stringify([x.length, x[0].length, padding, ends, width]);
    if (next !== key) {
      key = next;
      stage.replaceChildren();
      build({ x, padding }, ends, rowEdge, colEdge);
      place(frame, [colEdge(0), rowEdge(0), colEdge(x[0].length), rowEdge(x.length)]);
      stage.append(frame, ...cells.flat(), outline);
      stage.style.height = `${stageHeight(x.length)}px`;
    }
    return [rowEdge, colEdge];
  };
  // show: { dx, lost } of the view; route: the chosen output's, or null; marks of the probe come from the other map
  const draw = (state, found, { width, keep, shown, route, probe }) => {
    const focused = stage.contains(document.activeElement) && document.activeElement.dataset.at;
    const [rowEdge, colEdge] = layOut(state, found, width);
    const room = Math.floor((width - 4) / SIGN);
    boxes.set(state.x, room, keep);
    const { concealed, view } = state;
    const peak = Math.max(...shown.dx.flat().map(Math.abs), ...[...shown.lost.values()].map(Math.abs));
    const window = route ? route.cells : [];
    cells.forEach((row, i) =>
      row.forEach((cell, j) => {
        const value = concealed ? 0 : shown.dx[i][j];
        const touched = view === "all" ? found.counts[i][j] > 0 : has(window, [i, j]);
        put(cell.lastChild, concealed ? (touched ? text.covered : "") : touched ? fitText(value, room) : "");
        tint(cell, value, peak);
        flag(cell, "unread", found.counts[i][j] === 0);
        flag(cell, "gets", value !== 0);
        flag(cell, "tied", !concealed && view === "one" && route !== null && route.ties.length > 1 && has(route.ties, [i, j]));
        flag(cell, "probed", probe !== null && probe[0] === i && probe[1] === j);
      }),
    );
    const filling = state.pool === "average" && !state.count_include_pad ? "" : text.filling[state.pool];
    for (const [at, node] of pads) {
      const value = concealed ? 0 : (shown.lost.get(at) ?? 0);
      put(node, value ? fitText(value, 3) : filling);
      tint(node, value, peak);
      flag(node, "lost", value !== 0);
    }
    outline.hidden = window.length === 0;
    if (window.length) {
      const [first, last] = [window[0], window.at(-1)];
      place(outline, [colEdge(first[1]) - 1, rowEdge(first[0]) - 1, colEdge(last[1] + 1) + 1, rowEdge(last[0] + 1) + 1]); // clear of narrow padding
    }
    if (focused && !stage.contains(document.activeElement)) stage.querySelector(`input[data-at="${focused}"]`)?.focus();
  };
  return { stage, draw };
};

export const createOutputMap = ({ text, onedit, onbad, onchoose, bag }) => {
  const stage = el("div", { class: "cnnbook-pool-stage", role: "group", "aria-label": text.outputs });
  const boxes = createBoxes({ text: text.dy, stage, onedit, onbad, bag });
  const outputs = createOutputs({ text, stage, onchoose, bag });
  let cells = [];
  let key = "";
  const draw = (state, found, { width, keep, probe }) => {
    const [rows, cols] = [found.y.length, found.y[0].length];
    const next = JSON.stringify([rows, cols, width]);
    if (next !== key) {
      key = next;
      const [made, given] = [outputs.build(rows, cols), boxes.build(rows, cols)];
      cells = made.map((row, i) => row.map((node, j) => el("div", { class: "cnnbook-pool-cell" }, node, given[i][j])));
      cells.forEach((row, i) => row.forEach((cell, j) => place(cell, [j * width, i * CELL.y, (j + 1) * width, (i + 1) * CELL.y])));
      stage.replaceChildren(...cells.flat());
    }
    stage.style.height = `${rows * CELL.y}px`;
    // level with x, which has room for its padding, unless y needs that room too
    stage.style.setProperty("--cnnbook-pool-level", `${Math.max(0, Math.min(PAD.before * PAD.height, stageHeight(state.x.length) - rows * CELL.y))}px`);
    const room = Math.floor((width - 4) / SIGN);
    outputs.set(found.y, state.dy, state.selected, room);
    boxes.set(state.dy, room, keep);
    const senders = probe && !state.concealed ? found.given[probe[0]][probe[1]].map(({ output }) => output) : [];
    const peak = Math.max(...state.dy.flat().map(Math.abs));
    cells.forEach((row, i) =>
      row.forEach((cell, j) => {
        const sends = state.view === "all" || (state.selected !== null && state.selected[0] === i && state.selected[1] === j);
        tint(cell, sends ? state.dy[i][j] : 0, peak);
        flag(cell, "sends", sends);
        flag(cell, "sender", has(senders, [i, j]));
      }),
    );
  };
  return { stage, draw };
};

// a width for the cells of both grids, so that shrinking is seen
export const cellWidth = ({ x }, { y }, rooms) => {
  const most = [(rooms[0] - (PAD.before + PAD.after) * PAD.width) / x[0].length, rooms[1] / y[0].length];
  return clamp(Math.floor(Math.min(...most)), CELL.least, CELL.most);
};
