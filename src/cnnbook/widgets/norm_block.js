// Norm block: which numbers a value is compared with, and what it becomes.

import { cleanups, el, format, mount, saver, status, watch } from "../live/shared.js";
import { createGoals, put } from "./checklist.js";
import { createCards } from "./norm_cells.js";
import { createControls } from "./norm_controls.js";
import { createLine } from "./norm_line.js";
import { advance, begin, changes, compute, draw, goalReached, rangesOf, readGoals, readState, remember, resize, TRAITS } from "./norm_state.js";
import { nameOf, step, usesRunning } from "./norm_sums.js";
import { TEXT } from "./norm_text.js";

export { extent, ticks } from "./norm_line.js";
export { resize, remember } from "./norm_state.js";
export { forward, step } from "./norm_sums.js";
export { TEXT };

const NARROW = 560; // in a narrower widget, cells have room for four signs
const look = (get) => ((state) => ({ state, found: compute(state) }))(readState(get));
// states one after the other as a reader makes them -> the goals reached: tested without a page
export const judge = (states, goals) => {
  const list = states.map((traits) => look((name) => traits[name]));
  const done = new Set();
  list.slice(1).reduce((memory, now) => {
    const next = advance(memory, now);
    for (const goal of readGoals(goals)) if (goalReached(goal, now, next)) done.add(goal.id);
    return next;
  }, begin(list[0]));
  return [...done];
};

// what happens to the followed value, in words: [title, lines]
const explain = ({ state, found }) => {
  const { value, result, set, members, layout, running } = found;
  if (state.concealed) return [TEXT.told.covered(state.selected, value), [TEXT.hidden]];
  const title = TEXT.told.title(state.selected, value, result);
  const own = members.filter(({ at }) => at[0] === state.selected[0]).length;
  const kept = state.axes.includes(0);
  if (usesRunning(state)) return [title, [TEXT.told.running(...found.used[set]), TEXT.told.quotient(value, ...found.used[set], result), TEXT.told.inTraining(found.inTraining)]];
  const name = nameOf(state, found.shape[1]);
  const compared = layout.count === 1 ? TEXT.told.alone(name) : TEXT.told.compared(own, layout.count);
  const [mean, variance] = found.used[set];
  const sum = variance === 0 && layout.count > 1 ? TEXT.told.equal : TEXT.told.sum(value, mean, variance, result);
  return [title, [compared, sum, kept ? TEXT.told.kept(...running[set], !state.running.length) : TEXT.told.nothingKept]];
};

const render = ({ model, el: root }) => {
  mount(root, "norm");
  const bag = cleanups();
  const save = saver(model, bag);
  let now, start, memory, goals;
  let seen = [];
  let done = new Set();
  let busy = false;
  const notes = { state: "", refused: "", x: "" };

  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const said = status({ class: "cnnbook-status cnnbook-heard" });
  const [name, sets] = [el("strong", {}), el("span", {})];
  const moves = el("p", { class: "cnnbook-norm-moves" });
  const title = el("p", { class: "cnnbook-norm-title" });
  const lines = [0, 1, 2].map(() => el("p", {}));
  const checklist = createGoals(TEXT.goals);
  const put3 = ([n, c, p], value) => now.state.x.map((image, i) => (i === n ? image.map((row, j) => (j === c ? row.map((v, k) => (k === p ? value : v)) : row)) : image));
  const bad = (list) => {
    const [at, typed] = list[0] ?? [];
    const first = list.length ? TEXT.bad(at, typed, format(now.state.x[at[0]][at[1]][at[2]], 4)) : "";
    say("x", list.length > 1 ? `${first} ${TEXT.badMore(list.length)}` : first);
  };
  const cards = createCards({ text: TEXT, onedit: (at, value) => commit({ x: put3(at, value) }, { keep: true }), onbad: bad, onchoose: (at) => commit({ selected: at }, { keep: true, aloud: true }), bag });
  const dragTo = (at, value) => (at ? commit({ x: put3(at, value) }) : paint());
  const line = createLine({ words: { ...TEXT.line, covered: TEXT.hidden, lane: TEXT.card, none: TEXT.empty }, ondrag: dragTo, bag });
  const act = {
    step: (times) => {
      let running = now.state.running;
      for (let i = 0; i < times && running; i += 1) running = step(now.state.x, { ...now.state, running });
      if (running) return commit({ running });
      return say("refused", TEXT.noStep);
    },
    fresh: () => commit({ x: draw(now.state.x, rangesOf(start.state.x), Math.random) }, { whole: true }),
    reset: () => {
      seen = [];
      commit(Object.fromEntries(TRAITS.filter((trait) => trait !== "concealed").map((trait) => [trait, start.state[trait]])), { whole: true });
    },
    resize: (images, places) => commit({ x: resize(now.state.x, images, places, seen) }),
  };
  const controls = createControls({ text: TEXT, chosen: () => now.state, commit: (changed) => commit(changed), act });
  const keyOf = (texts) => el("p", { class: "cnnbook-norm-key cnnbook-muted" }, Object.entries(texts).map(([kind, words]) => el("span", { "data-key": kind }, words)));
  root.append(controls.node, message, el("p", { class: "cnnbook-norm-name-line", role: "status" }, name, " ", sets), cards.node, keyOf(TEXT.key), moves, line.node, keyOf(TEXT.lineKey),
    el("section", { class: "cnnbook-norm-told-box" }, title, lines), said, el("p", { class: "cnnbook-norm-hint cnnbook-muted cnnbook-no-print" }, TEXT.hint), checklist.node);

  // ---- reading and writing the model
  const say = (kind, words) => {
    notes[kind] = words;
    put(message, Object.values(notes).filter(Boolean).join(" "));
  };
  const write = (changed) => {
    busy = true;
    for (const [trait, value] of Object.entries(changed)) model.set(trait, value);
    busy = false;
  };
  // what the reader did; whole: every number is new
  const commit = (changed, { keep = false, aloud = false, whole = false } = {}) => {
    say("refused", "");
    write(changed);
    now = look((trait) => model.get(trait));
    const { running, selected } = now.state;
    write({ selected, ...(running.length === model.get("running").length ? {} : { running }) });
    memory = advance(memory, now, whole);
    seen = remember(seen, now.state.x);
    show(keep);
    if (aloud) put(said, explain(now).flat().join(". "));
    const fresh = now.state.concealed ? [] : goals.filter((goal) => !done.has(goal.id) && goalReached(goal, now, memory));
    for (const { id } of fresh) done.add(id);
    if (fresh.length) checklist.set(goals, done);
    if (done.size && String(model.get("reached")) !== String([...done])) write({ reached: [...done] });
    save();
  };

  // ---- redrawing; nothing below writes to the model
  const paint = () => line.paint(now.state, now.found);
  const show = (keep = false) => {
    const { state, found } = now;
    const made = changes(memory.base, now);
    say("state", state.problems.map(([trait, given, used]) => TEXT.problem(trait, brief(given), brief(used))).join(" "));
    controls.sync(state, found);
    cards.set(state, found, made, keep, width < NARROW ? 4 : 5);
    put(name, TEXT.name(nameOf(state, found.shape[1]), state, found.shape[1]));
    put(sets, TEXT.sets(found.layout));
    const moved = made.moved.flat(2);
    const [n, c, p] = state.selected;
    const images = [...new Set(made.edited.map(([image]) => image))];
    const some = () => TEXT.changes.some(made.edited.length, images, moved.filter(Boolean).length, moved.length, !made.moved[n][c][p], made.from, found.result);
    put(moves, made.edited.length === 0 ? TEXT.changes.none : state.concealed ? TEXT.changes.hidden(made.edited.length) : some());
    const [heading, told] = explain(now);
    put(title, heading);
    lines.forEach((node, i) => put(node, told[i] ?? ""));
    paint();
  };
  const readAllGoals = () => {
    goals = readGoals(model.get("goals"));
    const kept = Array.isArray(model.get("reached")) ? model.get("reached") : [];
    done = new Set(goals.map(({ id }) => id).filter((id) => kept.includes(id) || done.has(id)));
    checklist.set(goals, done);
  };
  // what Python sets is a new start
  const refresh = () => {
    now = look((trait) => model.get(trait));
    start = now;
    memory = begin(now);
    seen = remember([], now.state.x);
    show();
  };
  const unless = (callback) => () => busy || callback();

  readAllGoals();
  line.measure();
  let width = root.clientWidth;
  refresh();
  watch(model, TRAITS.filter((trait) => trait !== "concealed"), unless(refresh), bag);
  watch(model, ["concealed"], unless(() => ((now = look((trait) => model.get(trait))), show(true))), bag);
  watch(model, ["goals", "reached"], unless(readAllGoals), bag);
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    line.measure();
    show(true);
  });
  observer.observe(root);
  bag.add(() => observer.disconnect());
  return () => bag.empty();
};

const brief = (value) => {
  const words = JSON.stringify(value) ?? String(value);
  return words.length > 40 ? `${words.slice(0, 40)}…` : words;
};

export default { render };
