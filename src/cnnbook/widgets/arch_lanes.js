// The layers of a block in a table, with lanes beside it that show branches and shortcuts.

import { el, svg } from "../live/shared.js";
import { put } from "./checklist.js";
import { count, sides, TEXT } from "./arch_text.js";

const ROW = 24;
const LANE = 14;
const FIRST = 9;

// reads: for each row its sources, rows ≥ 0 or what comes from outside, −1, −2, … -> lane of each, and edges.
// A result keeps its lane until its last reader; that one takes the lane over.
export const lanesOf = (reads) => {
  const outside = Math.max(1, ...reads.flat().map((source) => -source));
  const nodes = [...Array(outside).keys()].map((k) => ({ key: -1 - k, reads: [] })).concat(reads.map((each, key) => ({ key, reads: each })));
  const place = new Map(nodes.map(({ key }, i) => [key, i]));
  const last = new Map();
  nodes.forEach((node, i) => node.reads.forEach((source) => last.set(place.get(source), i)));
  const lanes = [];
  const used = new Set();
  const free = () => {
    let lane = 0;
    while (used.has(lane)) lane += 1;
    return lane;
  };
  nodes.forEach((node, i) => {
    const ending = node.reads.map((source) => place.get(source)).filter((s) => last.get(s) === i).map((s) => lanes[s]);
    ending.forEach((lane) => used.delete(lane));
    lanes[i] = ending.length ? Math.min(...ending) : free();
    if (last.has(i)) used.add(lanes[i]);
  });
  const edges = nodes.flatMap((node, i) => node.reads.map((source) => [place.get(source), i]));
  return { lanes, edges, outside };
};

const x = (lane) => FIRST + lane * LANE;
const y = (i) => (i + 0.5) * ROW;
const draw = ({ lanes, edges, outside }, rows) => {
  const width = x(Math.max(...lanes)) + FIRST;
  const paths = edges.map(([from, to]) => {
    const [a, b] = [lanes[from], lanes[to]].map(x);
    const bend = a < b && edges.filter(([, end]) => end === to).length === 1; // a branch leaves at once
    const [top, bottom] = [y(from), y(to)];
    const path = a === b ? `V${bottom}` : bend ? `C${a},${top + ROW * 0.6} ${b},${top + ROW * 0.2} ${b},${top + ROW * 0.8}V${bottom}` : `V${bottom - ROW * 0.8}C${a},${bottom - ROW * 0.2} ${b},${bottom - ROW * 0.6} ${b},${bottom}`;
    return svg("path", { d: `M${a},${top}${path}` });
  });
  const dots = lanes.map((lane, i) => {
    const row = rows[i - outside];
    const kind = i < outside ? "input" : row.parameters ? "kernel" : "plain";
    return svg("circle", { class: `cnnbook-arch-${kind}`, cx: x(lane), cy: y(i), r: i >= outside && rows[i - outside].reads.length > 1 ? 5.5 : 4 });
  });
  return svg("svg", { width, height: lanes.length * ROW, viewBox: `0 0 ${width} ${lanes.length * ROW}`, "aria-hidden": "true" }, svg("g", { class: "cnnbook-arch-edges" }, paths), dots);
};

const fieldCell = (field) => (field === null ? "all" : new Set(field).size === 1 ? String(field[0]) : field.join(" × "));
// the name of a layer; of a function, whose name ends with its kind, that is all
const named = ({ name, kind }) => {
  const path = name.replace("()", "").replace("#", " #");
  if (path.split(" #")[0].split(".").at(-1) === kind || !path) return [path || kind];
  return [`${path} `, el("span", { class: "cnnbook-muted" }, kind)];
};
const line = (row) => [
  el("td", {}, named(row)),
  ...[sides(row.output), row.parameters ? count(row.parameters) : "", row.macs ? count(row.macs) : "", fieldCell(row.field), row.saved ? count(row.saved) : ""].map((text) => el("td", {}, text)),
];

export const createLayers = () => {
  const body = el("tbody", {});
  const table = el("table", { class: "cnnbook-arch-layers" }, el("caption", { class: "cnnbook-heard" }, TEXT.layers), el("thead", {}, el("tr", {}, TEXT.heads.map((head, i) => (i ? el("th", { scope: "col" }, head) : el("td", {}))))), body);
  const node = el("div", { class: "cnnbook-arch-scroll", tabindex: 0, role: "region", "aria-label": TEXT.layers }, table);
  let shown = null;
  const set = (network, block) => {
    if (shown === block) return;
    shown = block;
    const laid = lanesOf(block.rows.map((row) => row.reads));
    const names = block.reads.map((index) => (index < 0 ? TEXT.image : network.blocks[index].name));
    const total = laid.lanes.length;
    const graph = el("td", { rowspan: total, class: "cnnbook-arch-lanes" }, draw(laid, block.rows));
    const inputs = [...Array(laid.outside).keys()].map((k) => [el("td", { colspan: 6, class: "cnnbook-muted" }, TEXT.reads(names[k] ?? TEXT.image))]);
    const lines = [...inputs, ...block.rows.map(line)];
    body.replaceChildren(...lines.map((cells, i) => el("tr", {}, i === 0 ? graph : null, cells)));
    node.scrollTop = 0;
  };
  return { node, set };
};

// the code that builds the block: text, never HTML
export const createCode = () => {
  const head = el("summary", {});
  const text = el("pre", { tabindex: 0, role: "region" });
  const node = el("details", { class: "cnnbook-arch-code" }, head, text);
  const set = ([place, lines]) => {
    put(head, TEXT.code(place));
    text.setAttribute("aria-label", TEXT.code(place));
    if (text.textContent !== (lines || TEXT.noCode)) text.scrollTop = 0;
    put(text, lines || TEXT.noCode);
  };
  return { node, set };
};
