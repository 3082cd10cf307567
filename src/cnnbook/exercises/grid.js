// Fill in a map, cell by cell.
import { el, prose } from "../live/shared.js";
import { readNumbers } from "./thousands.js";

export const TEXT = {
  check: "Check",
  cell: (i, j) => `row ${i + 1}, column ${j + 1}`,
  empty: (i, j) => `Row ${i + 1}, column ${j + 1} is still empty.`,
  text: (i, j, typed) => `Row ${i + 1}, column ${j + 1}: “${typed.slice(0, 30)}” is not a number.`,
  right: (count) => `All ${count} cells are right.`,
  some: (right, count, i, j) => `${right} of ${count} cells ${right === 1 ? "is" : "are"} right; the first to look at again is row ${i + 1}, column ${j + 1}.`,
  zeros: "Every cell is 0: that would need a kernel, or a map, of zeros.",
  swapped: "Rows and columns of your map are swapped.",
  good: "right",
  bad: "not yet",
};

const same = (a, b, tolerance) => a.every((row, i) => row.every((value, j) => Math.abs(value - b[i][j]) <= tolerance));
const transposed = (map) => map[0].map((_, j) => map.map((row) => row[j]));

const explain = (map, key) => {
  const slip = key.slips.find(([other]) => same(map, other, key.tolerance));
  if (slip) return slip[1];
  if (map.every((row) => row.every((value) => value === 0))) return TEXT.zeros;
  if (map.length === map[0].length && same(transposed(map), key.answer, key.tolerance)) return TEXT.swapped;
  return null;
};

// answer: rows of texts as typed. Returns { passed, complete, message, marks }.
export const judge = (spec, key, answer) => {
  const [rows, columns] = spec.shape;
  const near = (value, i, j) => Math.abs(value - key.answer[i][j]) <= key.tolerance;
  const map = answer.map((row, i) => row.map((text, j) => {
    const values = readNumbers(text, false); // a cell holds an amount
    return values.find((value) => near(value, i, j)) ?? values[0] ?? null;
  }));
  const marks = map.map((row, i) => row.map((value, j) => (value === null ? null : near(value, i, j) ? "right" : "wrong")));
  const flat = marks.flat();
  const at = (index) => [Math.floor(index / columns), index % columns];
  const hole = flat.indexOf(null);
  if (hole >= 0) {
    const [i, j] = at(hole);
    const typed = String(answer[i][j]).trim();
    return { passed: false, complete: false, message: typed ? TEXT.text(i, j, typed) : TEXT.empty(i, j), marks: marks.map((row) => row.map(() => null)) };
  }
  const wrong = flat.indexOf("wrong");
  if (wrong < 0) return { passed: true, complete: true, message: TEXT.right(rows * columns), marks };
  const right = flat.filter((mark) => mark === "right").length;
  const lines = [TEXT.some(right, rows * columns, ...at(wrong)), explain(map, key)].filter(Boolean);
  return { passed: false, complete: true, message: lines.join("\n"), marks };
};

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// Up and down always move; left and right only where the caret has nowhere left to go.
const leaves = (input, key) => {
  const { selectionStart: start, selectionEnd: end, value } = input;
  if (key === "ArrowLeft") return start === 0;
  if (key === "ArrowRight") return end === value.length;
  return true;
};

const place = (input) => [Number(input.dataset.row), Number(input.dataset.column)];

const walk = (inputs) => (event) => {
  const step = STEPS[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || !leaves(event.target, event.key)) return;
  const [i, j] = place(event.target);
  const next = inputs[i + step[0]]?.[j + step[1]];
  if (!next) return;
  event.preventDefault();
  next.focus();
};

const show = (input, sign, mark) => {
  const [symbol, tone, word] = { right: ["✓", "good", TEXT.good], wrong: ["✗", "bad", TEXT.bad] }[mark] ?? ["", "", ""];
  sign.textContent = symbol;
  sign.className = `cnnbook-ex-cellmark cnnbook-${tone}`;
  input.setAttribute("aria-label", [TEXT.cell(...place(input)), word].filter(Boolean).join(", "));
  if (mark === "wrong") input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
};

export const body = ({ spec, changed }) => {
  const [rows, columns] = spec.shape;
  const each = (make) => Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => make(i, j)));
  const inputs = each((i, j) =>
    el("input", { type: "text", inputmode: "text", autocomplete: "off", maxlength: 12, "aria-label": TEXT.cell(i, j), "data-row": i, "data-column": j }));
  const signs = each(() => el("span", { class: "cnnbook-ex-cellmark", "aria-hidden": "true" }));
  const cells = each((i, j) => el("td", {}, inputs[i][j], signs[i][j]));
  const table = el("table", { class: `cnnbook-ex-matrix cnnbook-ex-${spec.role}`, role: "presentation" },
    el("tbody", {}, cells.map((row) => el("tr", {}, row))));
  const set = (i, j, mark) => show(inputs[i][j], signs[i][j], mark);
  table.addEventListener("input", ({ target }) => {
    set(...place(target), null);
    changed();
  });
  table.addEventListener("focusin", ({ target }) => target.select());
  table.addEventListener("keydown", walk(inputs));
  const node = el("fieldset", { class: "cnnbook-ex-options" }, el("legend", {}, prose(spec.caption)), table);
  const mark = (marks) => marks.forEach((row, i) => row.forEach((value, j) => set(i, j, value)));
  return { node, mark, read: () => inputs.map((row) => row.map((input) => input.value)) };
};
