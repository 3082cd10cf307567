// Choose one option, or all that hold.
import { el, prose, uniqueId } from "../live/shared.js";

export const TEXT = {
  one: "Choose one",
  several: "Choose all that hold",
  check: "Check",
  none: "Nothing is chosen yet.",
  holds: "holds",
  fails: "does not hold",
  right: (count) => `${count} of your choices ${count === 1 ? "holds" : "hold"}`,
  wrong: (count) => `${count} ${count === 1 ? "does" : "do"} not`,
  missing: (count) => `${count} that ${count === 1 ? "holds is" : "hold are"} still missing`,
};

// answer: the chosen indices. Returns { passed, complete, message, marks }.
export const judge = (spec, key, answer) => {
  const chosen = [...answer].sort((a, b) => a - b);
  const marks = spec.options.map((_, i) => (chosen.includes(i) ? (key.right.includes(i) ? "right" : "wrong") : null));
  if (!chosen.length) return { passed: false, complete: false, message: TEXT.none, marks };
  const right = marks.filter((mark) => mark === "right").length;
  const wrong = chosen.length - right;
  const missing = key.right.length - right;
  const passed = !wrong && !missing;
  if (!spec.several) return { passed, complete: true, message: key.feedback[chosen[0]], marks };
  const counts = [TEXT.right(right), wrong && TEXT.wrong(wrong), missing && TEXT.missing(missing)].filter(Boolean);
  const lines = chosen.map((i) => `“${spec.options[i]}” ${key.feedback[i]}`);
  return { passed, complete: true, message: [`${counts.join(", ")}.`, ...lines].join("\n"), marks };
};

// What each option would have been told: for the solution.
export const more = (spec, key) =>
  el("ul", {}, spec.options.map((text, i) =>
    el("li", {}, key.right.includes(i) ? "✓ " : "✗ ", el("em", {}, prose(text)), " ", prose(key.feedback[i]))));

export const body = ({ spec, changed }) => {
  const name = uniqueId("options");
  const signs = spec.options.map(() => el("span", { class: "cnnbook-ex-mark" }));
  const inputs = spec.options.map((_, i) =>
    el("input", { type: spec.several ? "checkbox" : "radio", name, value: i, onchange: changed }));
  const rows = spec.options.map((text, i) =>
    el("label", { class: "cnnbook-ex-option" }, inputs[i], el("span", {}, prose(text)), signs[i]));
  const node = el("fieldset", { class: "cnnbook-ex-options" },
    el("legend", {}, spec.several ? TEXT.several : TEXT.one), rows);
  const mark = (marks) => signs.forEach((sign, i) => {
    sign.className = `cnnbook-ex-mark ${{ right: "cnnbook-good", wrong: "cnnbook-bad" }[marks[i]] ?? ""}`;
    const [symbol, word] = { right: ["✓ ", TEXT.holds], wrong: ["✗ ", TEXT.fails] }[marks[i]] ?? ["", ""];
    sign.replaceChildren(symbol, el("span", { class: "cnnbook-ex-word" }, word));
  });
  return { node, mark, read: () => inputs.flatMap((input, i) => (input.checked ? [i] : [])) };
};
