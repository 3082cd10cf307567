// The conv explorer's sum panel: three small grids and the sum written out, one line per kernel row.

import { el, format } from "../live/shared.js";
import { once } from "./conv_state.js";
import { drawGrids, grey, peakOf, signed } from "./maps.js";
import { put, relabel } from "./parts.js";

// The panel's one rounding: 2 decimals, or up to 4 where a small weight would vanish.
export const brief = (value) => format(value, Math.abs(value) >= 0.1 ? 2 : Math.abs(value) >= 0.01 ? 3 : 4);
// a factor of a product: a negative one stands in brackets
export const factor = (value, write = brief) => (value < 0 ? `(${write(value)})` : write(value));
const longest = once((grid) => grid.reduce((most, row) => row.reduce((so, value) => Math.max(so, factor(value).length), most), 1));

// text: the widget's TEXT.sum; onhot([a, b] or null): a pointer is on the term of that kernel cell
export const createSumPanel = ({ text, onhot, bag }) => {
  const heading = el("p", { class: "cnnbook-conv-heading" });
  const canvas = el("canvas", { role: "img" });
  const shown = el("div", {});
  // what the longest terms would take, unseen: so the room for them is kept and nothing below it moves
  const room = ["cnnbook-conv-room", "cnnbook-conv-room cnnbook-conv-readers"].map((kind) => el("div", { class: kind, "aria-hidden": "true" }));
  const written = el("div", { class: "cnnbook-conv-written", role: "group", "aria-label": text.written, tabindex: 0 }, room, shown);
  const node = el("section", { class: "cnnbook-conv-sum", "aria-label": text.panel }, heading, el("div", { class: "cnnbook-conv-sumrow" }, canvas, written));
  const end = el("div", { class: "cnnbook-conv-end cnnbook-conv-total" });
  let lines = [];
  let terms = [];
  let shape = "";
  let reserved = "";

  bag.listen(written, "pointerover", (event) => {
    const tap = event.target.closest("[data-tap]")?.dataset.tap;
    onhot(tap ? tap.split(",").map(Number) : null);
  });
  bag.listen(written, "pointerleave", () => onhot(null));

  const makeTerm = () => {
    const [lead, x, w] = ["", "", ""].map((text) => document.createTextNode(text));
    const factors = [el("span", { class: "cnnbook-conv-x" }, x), el("span", { class: "cnnbook-conv-w" }, w)];
    const term = el("span", { class: "cnnbook-conv-term" }, factors[0], " · ", factors[1]);
    return { lead, x, w, term, input: factors[0], node: el("span", { class: "cnnbook-conv-cell" }, lead, term) };
  };
  const prepare = (rows, cols) => {
    if (shape === `${rows},${cols}`) return;
    shape = `${rows},${cols}`;
    lines = Array.from({ length: rows }, () => Array.from({ length: cols }, makeTerm));
    terms = lines.flat();
    shown.replaceChildren(...lines.map((line) => el("div", { class: "cnnbook-conv-line" }, line.map((term) => term.node))), end);
  };

  // Keep room for the longest terms that this image and this kernel could have.
  const reserve = (kernel, { image, last }) => {
    const term = "0".repeat(longest(image) + longest(kernel) + 3);
    const key = [kernel.length, kernel[0].length, last, term].join();
    if (key === reserved) return;
    reserved = key;
    const fill = (box, lead, end) =>
      box.replaceChildren(
        ...kernel.map((row) => el("div", { class: "cnnbook-conv-line" }, row.map(() => el("span", { class: "cnnbook-conv-cell" }, lead + term)))),
        el("div", { class: "cnnbook-conv-end" }, end),
      );
    fill(room[0], "+ ", "=");
    fill(room[1], text.output(last), text.readersEnd(true));
  };

  // entries: [{ tap, x, w, line, lead, pad }] in reading order; `line` is the one that shows it.
  // grids and signs: as drawGrids wants them
  const show = ({ title, reading = false, kernel, entries, sum, hot, grids, signs, label }, look) => {
    const { width, colours, family } = look;
    // the canvas first: writing on it would bring a changed page's layout up to date at once
    const cols = kernel[0].length;
    const gap = 26;
    const widest = longest(look.image) > 4 ? 44 : 34; // decimals want wider cells
    const cell = Math.max(8, Math.min(widest, Math.floor((Math.min(width, 640) - 2 * gap - 6) / (3 * cols))));
    drawGrids(canvas, grids, signs, { cell, gap, rows: kernel.length, colours, family, write: brief });
    relabel(canvas, label);
    prepare(kernel.length, cols);
    reserve(kernel, look);
    const told = title.map((node) => node.textContent ?? node).join("");
    if (heading.textContent !== told) heading.replaceChildren(...title);
    shown.classList.toggle("cnnbook-conv-readers", reading);
    const counts = lines.map(() => 0);
    for (const term of terms) term.used = false;
    for (const { tap, x, w, line, lead, pad } of entries) {
      const term = lines[line][(counts[line] += 1) - 1];
      term.used = true;
      term.term.dataset.tap = tap;
      term.term.classList.toggle("cnnbook-conv-hot", String(tap) === String(hot));
      term.input.classList.toggle("cnnbook-conv-pad", Boolean(pad));
      put(term.lead, lead);
      put(term.x, factor(x));
      put(term.w, factor(w));
    }
    for (const { node: term, used } of terms) term.hidden = !used;
    counts.forEach((count, i) => (shown.children[i].hidden = count === 0));
    put(end, sum);
  };

  // one output: entries of its window; hidden: its products and their sum are a secret
  const showWindow = ({ at, kernel, entries, value, range, hot, hidden }, look) => {
    const cells = (pick) => kernel.map((row, a) => row.map((_, b) => pick(entries[a * row.length + b])));
    const products = cells(({ x, w }) => x * w);
    const grids = [
      { values: cells(({ x, pad }) => (pad ? null : x)), scale: grey(...range), edge: look.colours.input, hot },
      { values: kernel, edge: look.colours.kernel, hot },
      { values: products, scale: hidden ? null : signed(peakOf(products)), secret: hidden, edge: look.colours.output, hot },
    ];
    const lined = hidden ? [] : entries.map((entry, index) => ({ ...entry, line: entry.tap[0], lead: index ? "+ " : "" }));
    show({ title: text.window(at, entries.length), kernel, entries: lined, sum: hidden ? text.covered : text.equals(brief(value)), hot, grids, signs: ["×", "="], label: text.gridsWindow }, look);
  };

  // one input: entries of its readers; hidden: what it adds to them is a secret
  const showReaders = ({ at, value, kernel, entries, range, hot, hidden }, look) => {
    const rows = [...new Set(entries.map(({ output }) => output[0]))];
    const cells = (pick) => rows.map((i) => entries.filter(({ output }) => output[0] === i).map(pick));
    const shares = cells(({ w }) => value * w);
    const one = { values: [[value]], scale: grey(...range), edge: look.colours.input };
    const many = [
      { values: cells(({ w }) => w), secret: hidden, edge: look.colours.kernel },
      { values: shares, scale: hidden ? null : signed(peakOf(shares)), secret: hidden, edge: look.colours.output },
    ];
    const lined = hidden ? [] : entries.map((entry) => ({ ...entry, x: value, line: rows.indexOf(entry.output[0]), lead: text.output(entry.output) }));
    const some = entries.length > 0;
    show({ title: text.readers(at, brief(value), entries.length), reading: true, kernel, entries: lined, sum: hidden && some ? text.covered : text.readersEnd(some), hot, grids: some ? [one, ...many] : [one], signs: some ? ["×", "="] : [], label: text.gridsReaders }, look);
  };

  const showNothing = (message, kernel, look) => {
    show({ title: [message], kernel, entries: [], sum: "", grids: [{ values: kernel, edge: look.colours.kernel }], signs: [], label: text.gridsWindow }, look);
  };
  return { node, showWindow, showReaders, showNothing };
};
