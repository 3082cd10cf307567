// Type a number; its values are drawn anew.
import { el, parseNumber, uniqueId } from "../live/shared.js";

export const TEXT = {
  label: "Your answer",
  check: "Check",
  empty: "Type a number first.",
  text: (typed) => `“${typed.slice(0, 30)}” is not a number.`,
  whole: (typed) => `${typed}: a count is a whole number.`,
  right: (typed, unit) => `${typed} ${unit}`.trim() + " is right.",
  small: (typed) => `${typed} is too small.`,
  large: (typed) => `${typed} is too large.`,
};

// A count may be typed with separators of thousands: 1,024 or 1 024 or 1_024.
const read = (text, whole) =>
  parseNumber(whole && /^\d{1,3}([,\s_.]\d{3})+$/.test(text) ? text.replace(/\D/g, "") : text);

// answer: the text as typed. Returns { passed, complete, message }.
export const judge = (spec, key, answer) => {
  const typed = String(answer).trim();
  const value = read(typed, spec.whole);
  if (value === null) return { passed: false, complete: false, message: typed ? TEXT.text(typed) : TEXT.empty };
  const near = (other) => Math.abs(value - other) <= key.tolerance;
  if (near(key.answer)) return { passed: true, complete: true, message: TEXT.right(typed, spec.unit) };
  const slip = key.slips.find(([other]) => near(other));
  if (slip) return { passed: false, complete: true, message: slip[1] };
  if (spec.whole && !Number.isInteger(value)) return { passed: false, complete: true, message: TEXT.whole(typed) };
  return { passed: false, complete: true, message: value < key.answer ? TEXT.small(typed) : TEXT.large(typed) };
};

export const body = ({ spec, changed }) => {
  const id = uniqueId("number");
  const input = el("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", size: 12, maxlength: 40, oninput: changed });
  const node = el("div", { class: "cnnbook-control" }, el("label", { for: id }, TEXT.label), input, el("span", {}, spec.unit));
  return { node, read: () => input.value, mark: () => {} };
};
