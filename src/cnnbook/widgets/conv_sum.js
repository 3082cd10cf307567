// The conv explorer's sum panel: three small grids and the sum written out, one line per kernel row.

import { el, format } from "../live/shared.js";
import { drawGrids, grey, peakOf, signed } from "./maps.js";
import { put } from "./parts.js";

// a factor of a product: a negative one stands in brackets
export const factor = (value, digits = 2) => (value < 0 ? `(${format(value, digits)})` : format(value, digits));

// text: the widget's TEXT.sum; onhot([a, b] or null): a pointer is on the term of that kernel cell
export const createSumPanel = ({ text, onhot, bag }) => {
  const heading = el("p", { class: "cnnbook-conv-heading" });
  const canvas = el("canvas", { role: "img" });
  const written = el("div", { class: "cnnbook-conv-written", role: "group", "aria-label": text.written, tabindex: 0 });
  const node = el("section", { class: "cnnbook-conv-sum", "aria-label": text.panel }, heading, el("div", { class: "cnnbook-conv-sumrow" }, canvas, written));
  const end = el("div", { class: "cnnbook-conv-total" });
  let lines = [];
  let terms = [];
  let shape = "";

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
    node.style.setProperty("--cnnbook-conv-lines", rows + 1);
    lines = Array.from({ length: rows }, () => Array.from({ length: cols }, makeTerm));
    terms = lines.flat();
    written.replaceChildren(...lines.map((line) => el("div", { class: "cnnbook-conv-line" }, line.map((term) => term.node))), end);
  };

  // entries: [{ tap, x, w, line, lead, pad }] in reading order; `line` is the one that shows it.
  // grids and signs: as drawGrids wants them
  const show = ({ title, reading = false, kernel, entries, sum, hot, grids, signs, label }, { width, colours, family }) => {
    // the canvas first: writing on it would bring a changed page's layout up to date at once
    const cols = kernel[0].length;
    const gap = 26;
    const cell = Math.max(8, Math.min(34, Math.floor((Math.min(width, 560) - 2 * gap - 6) / (3 * cols))));
    drawGrids(canvas, grids, signs, { cell, gap, rows: kernel.length, colours, family });
    canvas.setAttribute("aria-label", label);
    prepare(kernel.length, cols);
    const told = title.map((node) => node.textContent ?? node).join("");
    if (heading.textContent !== told) heading.replaceChildren(...title);
    written.classList.toggle("cnnbook-conv-readers", reading);
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
      put(term.w, factor(w, 4));
    }
    for (const { node: term, used } of terms) term.hidden = !used;
    counts.forEach((count, i) => (written.children[i].hidden = count === 0));
    put(end, sum);
  };

  // one output: entries of its window; hidden: its value is a secret
  const showWindow = ({ at, kernel, entries, value, range, hot, hidden }, look) => {
    const cells = (pick) => kernel.map((row, a) => row.map((_, b) => pick(entries[a * row.length + b])));
    const products = cells(({ x, w }) => x * w);
    const grids = [
      { values: cells(({ x, pad }) => (pad ? null : x)), scale: grey(...range), edge: look.colours.input, hot },
      { values: kernel, edge: look.colours.kernel, hot },
      { values: products, scale: hidden ? null : signed(peakOf(products)), text: hidden ? "?" : undefined, edge: look.colours.output, hot },
    ];
    const lined = entries.map((entry, index) => ({ ...entry, line: entry.tap[0], lead: index ? "+ " : "" }));
    show({ title: text.window(at, entries.length), kernel, entries: lined, sum: text.equals(hidden ? "?" : format(value, 4)), hot, grids, signs: ["×", "="], label: text.gridsWindow }, look);
  };

  // one input: entries of its readers
  const showReaders = ({ at, value, kernel, entries, range, hot }, look) => {
    const rows = [...new Set(entries.map(({ output }) => output[0]))];
    const cells = (pick) => rows.map((i) => entries.filter(({ output }) => output[0] === i).map(pick));
    const shares = cells(({ w }) => value * w);
    const one = { values: [[value]], scale: grey(...range), edge: look.colours.input };
    const many = [
      { values: cells(({ w }) => w), edge: look.colours.kernel },
      { values: shares, scale: signed(peakOf(shares)), edge: look.colours.output },
    ];
    const lined = entries.map((entry) => ({ ...entry, x: value, line: rows.indexOf(entry.output[0]), lead: text.output(entry.output) }));
    const some = entries.length > 0;
    show({ title: text.readers(at, format(value), entries.length), reading: true, kernel, entries: lined, sum: text.readersEnd(some), hot, grids: some ? [one, ...many] : [one], signs: some ? ["×", "="] : [], label: text.gridsReaders }, look);
  };

  const showNothing = (message, kernel, look) => {
    show({ title: [message], kernel, entries: [], sum: "", grids: [{ values: kernel, edge: look.colours.kernel }], signs: [], label: text.gridsWindow }, look);
  };
  return { node, showWindow, showReaders, showNothing };
};
