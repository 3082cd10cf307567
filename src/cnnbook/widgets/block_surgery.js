// Block surgery: take blocks out of two trained networks, or move them, and see how both still do.

import { button, cleanups, el, mount, saver, status, watch } from "../live/shared.js";
import { createGoals, put } from "./parts.js";
import { createBars, createPaths, createTries } from "./surgery_plots.js";
import { compute, goalReached, readGoals, readState, swap, TRAITS, wholeOf } from "./surgery_state.js";
import { createStrip } from "./surgery_strip.js";
import { TEXT } from "./surgery_text.js";

export { arrangementOf, bests, lookUp, paths, swap } from "./surgery_state.js";
export { TEXT };

const look = (get) => ((state) => ({ state, found: compute(state) }))(readState(get));
// states one after the other as a reader makes them -> the goals reached: tested without a page
export const judge = (states, goals) => {
  const done = new Set();
  states.slice(1).reduce((tries, traits) => {
    const now = look((name) => ({ ...traits, tries })[name]);
    for (const goal of readGoals(goals)) if (goalReached(goal, now.state, now.found)) done.add(goal.id);
    return now.found.seen;
  }, look((name) => states[0][name]).found.seen);
  return [...done];
};

const render = ({ model, el: root }) => {
  mount(root, "surgery");
  const bag = cleanups();
  const save = saver(model, bag);
  let now, goals;
  let done = new Set();
  let busy = false;

  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const note = el("p", { class: "cnnbook-surgery-note cnnbook-no-print", role: "status" });
  const [told, order] = [el("strong", {}), el("span", {})];
  const said = status({ class: "cnnbook-status cnnbook-heard" });
  const [bars, paths, tries] = [createBars(TEXT), createPaths(TEXT), createTries(TEXT)];
  const checklist = createGoals(TEXT.goals);
  const cover = el("p", { class: "cnnbook-surgery-cover cnnbook-muted" }, TEXT.hidden);
  checklist.node.append(cover); // the goals tell what a prediction asks
  const toggle = (block) => commit({ out: now.state.out.includes(block) ? now.state.out.filter((other) => other !== block) : [...now.state.out, block] });
  const strip = createStrip({
    text: TEXT,
    ontoggle: toggle,
    onswap: (at) => commit({ order: swap(now.state.arrangements, now.state.order, at) }),
    onstay: (block) => refuse(TEXT.stays(block)),
    bag,
  });
  const restore = button(TEXT.restore, () => commit({ out: [], order: wholeOf(now.state.arrangements) }));
  const forget = button(TEXT.forget, () => commit({ tries: [] }, true));
  root.append(
    message,
    strip.node,
    el("p", { class: "cnnbook-surgery-key cnnbook-muted" }, Object.entries(TEXT.key).map(([kind, words]) => el("span", { "data-key": kind }, words))),
    note,
    el("div", { class: "cnnbook-surgery-row" }, el("p", { class: "cnnbook-surgery-told" }, told, order), el("div", { class: "cnnbook-surgery-buttons cnnbook-no-print" }, restore, forget)),
    bars.node,
    el("div", { class: "cnnbook-surgery-panels" }, paths.node, tries.node),
    said,
    checklist.node,
  );

  // ---- reading and writing the model
  const refuse = (words) => {
    put(note, words || TEXT.hint);
    note.toggleAttribute("data-refused", words !== "");
  };
  const write = (changed) => {
    busy = true;
    for (const [trait, value] of Object.entries(changed)) model.set(trait, value);
    busy = false;
  };
  // what the reader did
  const commit = (changed, clear = false) => {
    const before = clear ? [] : now.found.seen;
    write({ ...changed, tries: before });
    now = look((trait) => model.get(trait));
    write({ tries: clear ? [] : now.found.seen });
    refuse("");
    show();
    put(said, TEXT.said(now.found.now, now.found.left, now.found.all, now.state.concealed));
    const fresh = goals.filter((goal) => !done.has(goal.id) && goalReached(goal, now.state, now.found));
    for (const { id } of fresh) done.add(id);
    if (fresh.length) checklist.set(goals, done);
    if (done.size && String(model.get("reached")) !== String([...done])) write({ reached: [...done] });
    save();
  };

  // ---- redrawing; nothing below writes to the model
  const show = () => {
    const { state, found } = now;
    put(message, state.problems.map(([trait, given, used]) => TEXT.problem(trait, brief(given), brief(used))).join(" "));
    strip.set(state);
    const moved = String(state.order) !== String(wholeOf(state.arrangements));
    put(told, TEXT.told(found.left, found.all, state.out));
    put(order, TEXT.order(found.arrangement));
    restore.disabled = !moved && state.out.length === 0;
    forget.disabled = found.seen.length < 2;
    bars.set(state, found);
    paths.set(found);
    tries.set(state, found);
    checklist.node.toggleAttribute("data-covered", state.concealed);
    cover.hidden = !state.concealed;
  };
  const readAllGoals = () => {
    goals = readGoals(model.get("goals"));
    const kept = Array.isArray(model.get("reached")) ? model.get("reached") : [];
    done = new Set(goals.map(({ id }) => id).filter((id) => kept.includes(id) || done.has(id)));
    checklist.set(goals, done);
  };
  const refresh = () => {
    now = look((trait) => model.get(trait));
    show();
  };
  const unless = (callback) => () => busy || callback();

  readAllGoals();
  refuse("");
  refresh();
  watch(model, [...TRAITS, "concealed"], unless(refresh), bag);
  watch(model, ["goals", "reached"], unless(readAllGoals), bag);
  return () => bag.empty();
};

const brief = (value) => {
  const words = JSON.stringify(value) ?? String(value);
  return words.length > 40 ? `${words.slice(0, 40)}…` : words;
};

export default { render };
