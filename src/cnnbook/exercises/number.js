// Type a number; its values are drawn anew.
import { el, uniqueId } from "../live/shared.js";
import { grouped, readNumbers } from "./thousands.js";

export const TEXT = {
  label: "Your answer",
  check: "Check",
  empty: "Type a number first.",
  opening: "✓ Right:",
  text: (typed) => `“${typed.slice(0, 30)}” is not a number.`,
  whole: (number) => `${number}: a count is a whole number.`,
  right: (number, unit) => `${number} ${unit}`.trim() + ".",
  small: (number) => `${number} is too small.`,
  large: (number) => `${number} is too large.`,
};

// answer: the text as typed. Returns { passed, complete, message }.
export const judge = (spec, key, answer) => {
  const typed = String(answer).trim();
  const values = readNumbers(typed, spec.whole);
  if (!values.length) return { passed: false, complete: false, message: typed ? TEXT.text(typed) : TEXT.empty };
  const near = (other) => values.find((value) => Math.abs(value - other) <= key.tolerance);
  const right = near(key.answer);
  if (right !== undefined) return { passed: true, complete: true, message: TEXT.right(grouped(right), spec.unit) };
  const slip = key.slips.find(([other]) => near(other) !== undefined);
  if (slip) return { passed: false, complete: true, message: slip[1] };
  const [value] = values;
  const number = grouped(value); // shows how it was read
  if (spec.whole && !Number.isInteger(value)) return { passed: false, complete: true, message: TEXT.whole(number) };
  return { passed: false, complete: true, message: value < key.answer ? TEXT.small(number) : TEXT.large(number) };
};

export const body = ({ spec, changed }) => {
  const id = uniqueId("number");
  const input = el("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", size: 12, maxlength: 40, oninput: changed });
  const node = el("div", { class: "cnnbook-control" }, el("label", { for: id }, TEXT.label), input, el("span", {}, spec.unit));
  return { node, read: () => input.value, mark: () => {} };
};
