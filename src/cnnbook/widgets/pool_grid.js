// Grids of cells that hold two numbers each, placed in their stage by hand, so that windows can be outlined on them.

import { el, format, parseNumber } from "../live/shared.js";
import { put } from "./checklist.js";
import { LARGEST } from "./pool_sums.js";

export const PAD = { width: 28, height: 20, before: 2, after: 3 }; // a padding cell; the most there can be on either side

// The most exact text of at most `most` signs; a zero before the point goes first.
export const fitText = (value, most) => {
  const texts = [2, 1].flatMap((digits) => [format(value, digits), format(value, digits).replace(/^(−?)0\./, "$1.")]);
  return texts.find((text) => text.length <= most) ?? format(value, 0);
};

// A number as a reader types it, or a fraction such as −1/16; anything else is null.
const parseTyped = (text) => {
  const [above, below, ...rest] = text.split("/").map(parseNumber);
  if (above === null || below === null || below === 0 || rest.length) return null;
  return above / (below ?? 1);
};

// where a row or a column begins, in pixels: `size` cells of length `cell`, padding around them
export const edges = (size, cell, pad, before) => (index) =>
  before * pad + (index < 0 ? index * pad : index <= size ? index * cell : size * cell + (index - size) * pad);
export const place = (node, [left, top, right, bottom]) => {
  const style = `left:${left}px;top:${top}px;width:${right - left}px;height:${bottom - top}px`;
  if (node.dataset.style !== style) node.style.cssText = style;
  node.dataset.style = style;
};

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const inside = ([i, j], [rows, cols]) => i >= 0 && j >= 0 && i < rows && j < cols;
const at = (node) => node?.dataset.at?.split(",").map(Number) ?? null;

// Text boxes of numbers, one of them in the tab order. text: { cell(a, b) }; onedit(a, b, value); onbad(list of [a, b, typed])
export const createBoxes = ({ text, stage, onedit, onbad, onfocus = () => {}, bag }) => {
  let boxes = [];
  let last = [0, 0];
  let shown = [];
  const wrong = new Map();
  const tell = () => onbad([...wrong.values()]);
  const mine = (event) => event.target.matches?.("input") && at(event.target);
  const roam = (to) => {
    boxes[last[0]]?.[last[1]]?.setAttribute("tabindex", -1);
    last = to;
    boxes[to[0]][to[1]].setAttribute("tabindex", 0);
  };
  bag.listen(stage, "input", (event) => {
    const [a, b] = mine(event);
    const value = parseTyped(event.target.value);
    const good = value !== null && Math.abs(value) <= LARGEST;
    event.target.setAttribute("aria-invalid", String(!good));
    if (good) wrong.delete(`${a},${b}`);
    else wrong.set(`${a},${b}`, [a, b, event.target.value]);
    if (good) onedit(a, b, value);
    tell();
  });
  bag.listen(stage, "keydown", (event) => {
    const from = mine(event);
    if (!from) return;
    const { selectionStart: start, selectionEnd: end, value } = event.target;
    const whole = start === 0 && end === value.length;
    const flat = from[0] * boxes[0].length + from[1] + 1;
    const free = { ArrowLeft: whole || end === 0, ArrowRight: whole || start === value.length };
    const step = free[event.key] === false ? null : STEPS[event.key];
    const to = event.key === "Enter" ? [Math.floor(flat / boxes[0].length), flat % boxes[0].length] : step && [from[0] + step[0], from[1] + step[1]];
    if (!to || !inside(to, [boxes.length, boxes[0].length])) return;
    event.preventDefault();
    boxes[to[0]][to[1]].focus();
  });
  bag.listen(stage, "focusin", (event) => {
    const to = mine(event);
    if (!to) return;
    roam(to);
    event.target.select();
    onfocus(to);
  });
  // as many boxes as asked for, none of which is in the page yet
  const build = (rows, cols) => {
    const make = (a, b) => el("input", { type: "text", autocomplete: "off", spellcheck: "false", tabindex: -1, "data-at": `${a},${b}`, "aria-label": text.cell(a, b) });
    boxes = Array.from({ length: rows }, (_, a) => Array.from({ length: cols }, (__, b) => make(a, b)));
    wrong.clear();
    shown = [];
    roam([Math.min(last[0], rows - 1), Math.min(last[1], cols - 1)]);
    return boxes;
  };
  // keep: what is being typed stays as it is
  const set = (values, room, keep) => {
    values.forEach((row, a) =>
      row.forEach((value, b) => {
        const box = boxes[a][b];
        if (keep && (wrong.has(`${a},${b}`) || parseTyped(box.value) === value)) return;
        const said = fitText(value, room);
        if (shown[a]?.[b] === said && box.value === said && box.getAttribute("aria-invalid") === "false") return;
        box.value = said;
        box.title = parseTyped(said) === value ? "" : String(value);
        box.setAttribute("aria-invalid", "false");
      }),
    );
    shown = values.map((row) => row.map((value) => fitText(value, room)));
    if (!keep) wrong.clear();
    tell();
  };
  return { build, set };
};

// The outputs as buttons, one of them in the tab order and chosen: arrows, Home and End walk.
export const createOutputs = ({ text, stage, onchoose, bag }) => {
  let buttons = [];
  const mine = (event) => event.target.matches?.("button") && at(event.target);
  const choose = (to, focus) => {
    onchoose(to);
    if (focus) buttons[to[0]][to[1]].focus();
  };
  bag.listen(stage, "click", (event) => mine(event) && choose(mine(event)));
  bag.listen(stage, "keydown", (event) => {
    const from = mine(event);
    if (!from || event.altKey || event.metaKey) return;
    const [rows, cols] = [buttons.length, buttons[0].length];
    const ends = { Home: [event.ctrlKey ? 0 : from[0], 0], End: [event.ctrlKey ? rows - 1 : from[0], cols - 1] };
    const step = STEPS[event.key];
    const to = ends[event.key] ?? (step && [from[0] + step[0], from[1] + step[1]]);
    if (!to) return;
    event.preventDefault();
    if (inside(to, [rows, cols])) choose(to, true);
  });
  const build = (rows, cols) => {
    buttons = Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (__, j) => el("button", { type: "button", "data-at": `${i},${j}`, tabindex: -1 })));
    return buttons;
  };
  const set = (y, dy, selected, room) => {
    const open = selected ?? [0, 0];
    y.forEach((row, i) =>
      row.forEach((value, j) => {
        const chosen = selected !== null && selected[0] === i && selected[1] === j;
        const node = buttons[i][j];
        put(node, fitText(value, room));
        const label = text.outputLabel([i, j], value, dy[i][j]);
        if (node.getAttribute("aria-label") !== label) node.setAttribute("aria-label", label);
        node.setAttribute("aria-pressed", String(chosen));
        node.setAttribute("tabindex", open[0] === i && open[1] === j ? 0 : -1);
      }),
    );
  };
  return { build, set };
};
