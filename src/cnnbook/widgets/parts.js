// Parts that widgets about kernels share: a kernel to edit, a colour bar; and those of checklist.js.

import { el, format, parseNumber } from "../live/shared.js";
import { put } from "./checklist.js";
import { RAMPS } from "./maps.js";

export { createGoals, put } from "./checklist.js";

// A label that is as it should be stays, as a text does (checklist.js).
const labels = new WeakMap();
export const relabel = (node, text) => {
  if (labels.get(node) === text) return;
  labels.set(node, text);
  node.setAttribute("aria-label", text);
};

// A weight as a reader types it: a number, or a fraction such as −1/16; anything else is null.
export const parseWeight = (text) => {
  const parts = String(text).split("/").map(parseNumber);
  if (parts.length > 2 || parts.includes(null) || parts[1] === 0) return null;
  return parts.length === 2 ? parts[0] / parts[1] : parts[0];
};

// A legend: colours between two texts.
export const createBar = () => {
  const ends = [el("span", {}), el("span", {})];
  const ramp = el("span", { class: "cnnbook-bar-ramp" });
  const node = el("div", { class: "cnnbook-bar" }, ends[0], ramp, ends[1]);
  const set = (kind, low, high) => {
    if (ramp.dataset.kind !== kind) ramp.style.backgroundImage = RAMPS[kind];
    ramp.dataset.kind = kind;
    put(ends[0], low);
    put(ends[1], high);
  };
  return { node, set };
};

// what fits a narrow cell: no zero before the point, fewer decimals
const short = (value, cols) => {
  const most = cols > 5 ? 2 : cols > 3 ? 3 : 4;
  const texts = [...Array(most - 1).keys()].map((less) => format(value, most - less).replace(/^(−?)0\./, "$1."));
  const whole = format(value, most);
  return cols <= 3 && whole.length <= 5 ? whole : (texts.find((text) => text.length <= 5) ?? texts.at(-1));
};

// The kernel's cells as text boxes. text: { group, cell(a, b) }; onedit(a, b, value),
// onbad(list of [a, b, typed]), onhot([a, b] or null): a pointer or the focus is on that cell
export const createKernel = ({ text, most, onedit, onbad, onhot, bag }) => {
  const node = el("div", { class: "cnnbook-kernel", role: "group", "aria-label": text.group });
  let cells = [];
  let last = [0, 0];
  let shown = [];
  let marked = [[], null];
  const wrong = new Map();
  const tell = () => onbad([...wrong.values()]);
  const place = (event) => event.target.dataset.at?.split(",").map(Number) ?? null;

  const roam = (a, b) => {
    cells[last[0]]?.[last[1]]?.setAttribute("tabindex", -1);
    last = [a, b];
    cells[a][b].setAttribute("tabindex", 0);
  };
  const typed = (event) => {
    const [a, b] = place(event);
    const value = parseWeight(event.target.value);
    const good = value !== null && Math.abs(value) <= most;
    event.target.setAttribute("aria-invalid", String(!good));
    if (good) wrong.delete(`${a},${b}`);
    else wrong.set(`${a},${b}`, [a, b, event.target.value]);
    if (good) onedit(a, b, value);
    tell();
  };
  const pressed = (event) => {
    const [a, b] = place(event);
    const { selectionStart: from, selectionEnd: to, value } = event.target;
    const whole = from === 0 && to === value.length;
    const flat = a * cells[0].length + b;
    const goal = {
      ArrowUp: [a - 1, b],
      ArrowDown: [a + 1, b],
      ArrowLeft: whole || to === 0 ? [a, b - 1] : null,
      ArrowRight: whole || from === value.length ? [a, b + 1] : null,
      Enter: [Math.floor((flat + 1) / cells[0].length), (flat + 1) % cells[0].length],
    }[event.key];
    if (!goal || !cells[goal[0]]?.[goal[1]]) return;
    event.preventDefault();
    cells[goal[0]][goal[1]].focus();
  };
  bag.listen(node, "input", typed);
  bag.listen(node, "keydown", pressed);
  bag.listen(node, "focusin", (event) => {
    roam(...place(event));
    event.target.select();
    onhot(place(event));
  });
  bag.listen(node, "focusout", () => onhot(null));
  bag.listen(node, "pointerover", (event) => onhot(place(event)));
  bag.listen(node, "pointerleave", () => onhot(null));

  const build = (rows, cols) => {
    cells = Array.from({ length: rows }, (_, a) =>
      Array.from({ length: cols }, (__, b) =>
        el("input", { type: "text", inputmode: "text", autocomplete: "off", spellcheck: "false", tabindex: -1, "data-at": `${a},${b}`, "aria-label": text.cell(a, b) }),
      ),
    );
    wrong.clear();
    shown = [];
    node.style.setProperty("--cnnbook-kernel-cols", cols);
    node.replaceChildren(...cells.flat());
    roam(Math.min(last[0], rows - 1), Math.min(last[1], cols - 1));
  };
  // keep: what is being typed stays as it is
  const set = (kernel, keep) => {
    const built = cells.length !== kernel.length || cells[0].length !== kernel[0].length;
    if (built) build(kernel.length, kernel[0].length);
    const before = shown;
    shown = kernel;
    kernel.forEach((row, a) =>
      row.forEach((value, b) => {
        const input = cells[a][b];
        if (keep && (wrong.has(`${a},${b}`) || parseWeight(input.value) === value)) return;
        if (before[a]?.[b] === value && input.getAttribute("aria-invalid") === "false") return;
        const text = short(value, row.length);
        if (input.value !== text) input.value = text;
        const full = parseNumber(text) === value ? "" : String(value);
        if (input.title !== full) input.title = full;
        input.setAttribute("aria-invalid", "false");
      }),
    );
    if (!keep) wrong.clear();
    tell();
    if (built) mark(...marked, true);
  };
  const mark = (taps, hot, anew = false) => {
    if (!anew && JSON.stringify(marked) === JSON.stringify([taps, hot])) return;
    marked = [taps, hot];
    const lit = new Set(taps.map(String));
    cells.forEach((row, a) =>
      row.forEach((input, b) => {
        input.classList.toggle("cnnbook-kernel-lit", lit.has(`${a},${b}`));
        input.classList.toggle("cnnbook-kernel-hot", hot !== null && hot[0] === a && hot[1] === b);
      }),
    );
  };
  return { node, set, mark };
};
