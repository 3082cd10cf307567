// What every exercise has around its answer: question, check, feedback, hints, solution, record.
import { button, cleanups, el, mount, prose, uniqueId, watch } from "../live/shared.js";
import { recordOf, tried } from "./store.js";
import { grouped } from "./thousands.js";

export const TEXT = {
  kinds: { choice: "Choose", code: "Write", grid: "By hand", number: "Work out", predict: "Predict" },
  states: { untouched: "○ not tried", tried: "◐ tried", solved: "✓ solved" },
  right: "✓ Right.",
  wrong: "✗ Not yet.",
  fresh: "New numbers",
  hint: (shown, all) => (shown < all ? `Hint ${shown + 1} of ${all}` : "No more hints"),
  hints: "Hints",
  solution: "Solution",
  locked: "The solution opens after a try, or after the last hint.",
  tries: (count) => (count === 1 ? "1 try." : `${grouped(count)} tries.`),
  why: "Why the usual slip is one: ",
  damaged: "This exercise's saved state is damaged; run its cell, or build the page, again.",
};

// Answers are encoded, so that nobody reads them by accident; see definitions.py.
export const unseal = (text) => JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0))));

// The next variant: any at first, then any but the last one.
export const draw = (count, last, random = Math.random) =>
  last < 0 ? Math.floor(random() * count) : (last + 1 + Math.floor(random() * (count - 1))) % count;

const paragraphs = (text) => text.split("\n\n").map((part) => el("p", {}, prose(part)));

const matrix = ([caption, role, cells]) =>
  el("figure", { class: "cnnbook-ex-given" },
    el("figcaption", {}, prose(caption)),
    el("table", { class: `cnnbook-ex-matrix cnnbook-ex-${role}` },
      el("tbody", {}, cells.map((row) => el("tr", {}, row.map((cell) => el("td", {}, grouped(cell))))))));

const build = (view) => {
  const title = uniqueId("title");
  const solution = uniqueId("solution");
  const action = (label, handler, name, attrs = {}) => button(label, handler, { class: `cnnbook-button cnnbook-ex-${name}`, ...attrs });
  const parts = {
    chip: el("span", { class: "cnnbook-ex-chip" }),
    question: el("div", {}),
    answer: el("div", { class: "cnnbook-ex-answer" }),
    check: view.kind.judge && action(view.kind.TEXT.check, undefined, "check cnnbook-primary", { type: "submit" }),
    hint: action("", () => showHint(view), "hint"),
    solve: action(TEXT.solution, () => openSolution(view, view.parts.solution.hidden), "show", { "aria-controls": solution }),
    fresh: view.many ? action(TEXT.fresh, () => another(view), "fresh") : null,
    feedback: el("div", { class: "cnnbook-ex-feedback", role: "status", "aria-live": "polite" }),
    hints: el("ol", { class: "cnnbook-ex-hints", "aria-label": TEXT.hints, "aria-live": "polite" }),
    line: el("p", { class: "cnnbook-muted cnnbook-ex-line" }),
    solution: el("div", { id: solution, class: "cnnbook-ex-solution", hidden: true }),
    note: el("p", { class: "cnnbook-bad", role: "status" }),
  };
  const onsubmit = (event) => {
    event.preventDefault();
    if (view.kind.judge) check(view);
  };
  view.root.setAttribute("role", "group");
  view.root.setAttribute("aria-labelledby", title);
  view.root.append(el("form", { novalidate: true, class: `cnnbook-ex-form-${view.name}`, onsubmit },
    el("p", { class: "cnnbook-ex-head" },
      el("span", { class: "cnnbook-ex-kind" }, TEXT.kinds[view.name]), el("strong", { id: title }, view.spec.title), parts.chip),
    parts.question, parts.answer,
    el("div", { class: "cnnbook-row cnnbook-no-print" }, parts.check || null, parts.hint, parts.solve, parts.fresh),
    parts.feedback, parts.hints, parts.line, parts.solution, parts.note));
  return parts;
};

// A kind may word the opening of its praise itself.
const say = ({ parts, kind }, { passed, complete, message }) => {
  const lines = message.split("\n").map((line) => el("p", {}, prose(line)));
  const word = el("strong", { class: passed ? "cnnbook-good" : "cnnbook-bad" }, passed ? (kind.TEXT.opening ?? TEXT.right) : TEXT.wrong);
  if (complete) lines[0].prepend(word, " ");
  parts.feedback.dataset.passed = complete ? passed : "";
  delete parts.feedback.dataset.stale;
  parts.feedback.replaceChildren(...lines);
};

const check = (view) => {
  const verdict = view.kind.judge(view.spec, view.secret.key, view.answer.read());
  say(view, verdict);
  view.answer.mark(verdict.marks);
  if (!verdict.complete) return;
  view.record.put(tried(view.record.get(), verdict.passed));
  refresh(view);
};

const showHint = (view) => {
  view.hints = Math.min(view.hints + 1, view.face.hints.length);
  const now = view.record.get();
  if (view.hints > now.hints) view.record.put({ ...now, hints: view.hints });
  refresh(view);
};

const openSolution = ({ parts }, open) => {
  parts.solution.hidden = !open;
  parts.solve.setAttribute("aria-expanded", open);
};

const another = (view) => {
  view.model.set("variant", draw(view.spec.faces.length, view.variant));
  view.model.save_changes();
};

const drawHints = ({ parts, face, hints }) => {
  parts.hint.textContent = TEXT.hint(hints, face.hints.length);
  parts.hint.disabled = hints >= face.hints.length;
  for (const text of face.hints.slice(parts.hints.children.length, hints)) parts.hints.append(el("li", {}, prose(text)));
};

// Show what the record says: chip, tries, whether the solution may be opened, and a figure be seen.
const refresh = (view) => {
  const { model, parts, kind } = view;
  const { status, tries, hints } = view.record.get();
  view.root.dataset.status = status;
  parts.chip.textContent = TEXT.states[status];
  drawHints(view);
  const open = tries > 0 || Math.max(hints, view.hints) >= view.face.hints.length;
  parts.solve.disabled = !open;
  if (kind.reveals && tries > 0 && model.get("concealed")) {
    model.set("concealed", false);
    model.save_changes();
  }
  const figure = kind.reveals && (model.get("concealed") ? kind.TEXT.waiting : kind.TEXT.open);
  parts.line.textContent = [TEXT.tries(tries), !open && TEXT.locked, figure].filter(Boolean).join(" ");
  parts.note.textContent = view.record.note();
};

const pick = ({ model, spec, many }) => {
  const wanted = model.get("variant");
  const there = Number.isInteger(wanted) && wanted >= 0 && wanted < spec.faces.length;
  return many ? (there ? wanted : draw(spec.faces.length, -1)) : 0;
};

// Put the question: at the start, and whenever other numbers are drawn, here or from Python.
const ask = (view) => {
  const { model, spec, parts, kind } = view;
  const variant = pick(view);
  if (variant === view.variant) return;
  Object.assign(view, { variant, face: spec.faces[variant], hints: 0 });
  view.secret = unseal(view.face.sealed);
  const changed = () => (parts.feedback.dataset.stale = "");
  view.answer = kind.body({ spec, live: model.get("live"), changed });
  view.root.dataset.variant = variant;
  parts.question.replaceChildren(...paragraphs(view.face.text), el("div", { class: "cnnbook-ex-numbers" }, view.face.given.map(matrix)));
  parts.answer.replaceChildren(view.answer.node);
  parts.feedback.replaceChildren();
  parts.hints.replaceChildren();
  parts.solution.replaceChildren(...paragraphs(view.secret.solution), kind.more?.(spec, view.secret.key) ?? "",
    el("p", {}, el("strong", {}, TEXT.why), prose(view.secret.why)));
  openSolution(view, false);
  refresh(view);
  if (view.many && model.get("variant") !== variant) model.set("variant", variant); // other views show the same
};

export const frame = ({ model, root, kind, name }) => {
  const bag = cleanups();
  const spec = model.get("spec");
  mount(root, "ex");
  if (!spec?.faces?.length) {
    root.append(el("p", {}, TEXT.damaged));
    return bag.empty;
  }
  root.dataset.exercise = spec.id;
  const anchor = `exercise-${spec.id}`;
  if (!document.getElementById(anchor)) root.id = anchor; // JupyterLab may show one exercise twice
  const view = { model, root, kind, name, spec, many: spec.faces.length > 1 };
  view.record = recordOf(model, spec.id, bag, () => refresh(view));
  view.parts = build(view);
  ask(view);
  watch(model, ["variant"], () => ask(view), bag);
  watch(model, ["concealed"], () => refresh(view), bag);
  return bag.empty;
};
