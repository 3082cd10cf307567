// What the reader has solved, by chapter; export, import, reset.
import { button, cleanups, el, mount, status, watch } from "../live/shared.js";
import { UNTOUCHED, checked, connect, empty, merged, parse } from "./store.js";
import { grouped } from "./thousands.js";

const exercises = (count) => `${grouped(count)} ${count === 1 ? "exercise" : "exercises"}`;

export const TEXT = {
  total: (solved, all) => `${solved} of ${all} exercises solved`,
  chapter: (number, title, solved, all) => `${number} ${title}: ${solved} of ${all} solved`,
  states: { untouched: "○ not tried", tried: "◐ tried", solved: "✓ solved" },
  export: "Export",
  import: "Import …",
  reset: "Reset …",
  sure: (count) => `Forget the progress of ${exercises(count)}? Export it first if you may want it back.`,
  yes: "Yes, forget it",
  no: "No, keep it",
  undo: "Undo",
  forgotten: "Progress is forgotten.",
  restored: "Progress is back.",
  exported: "Saved as cnnbook-progress.json among your downloads.",
  imported: (count, changed) => `${exercises(count)} read, ${grouped(changed)} of them new or better than here. Nothing was lost.`,
  refused: (why) => `This file was not imported: ${why}. Your progress is as it was.`,
  unreadable: "it could not be opened",
};

const FILE = "cnnbook-progress.json";

const download = (text) => {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  el("a", { href: url, download: FILE }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};

// How many records of `next` say more than those of `now`.
export const gained = (now, next) =>
  Object.entries(next.exercises).filter(([id, record]) => JSON.stringify(now.exercises[id]) !== JSON.stringify(record)).length;

const chapterNode = ({ number, title, page, exercises }, records, link) => {
  const state = ({ id }) => (records[id] ?? UNTOUCHED).status;
  const solved = exercises.filter((exercise) => state(exercise) === "solved").length;
  const label = TEXT.chapter(number, title, solved, exercises.length);
  const items = exercises.map((exercise) =>
    el("li", { "data-progress": exercise.id, "data-status": state(exercise) },
      el("span", { class: "cnnbook-pg-state" }, TEXT.states[state(exercise)]),
      link ? el("a", { href: link(page, exercise.id) }, exercise.title) : exercise.title));
  return el("section", { "aria-label": label }, el("p", { class: "cnnbook-pg-chapter" }, label),
    el("progress", { max: exercises.length, value: solved, "aria-label": label }), el("ul", {}, items));
};

const now = ({ store }) => {
  try {
    return checked(store.read());
  } catch {
    return empty(); // the trait before Python has answered
  }
};

const draw = (view) => {
  const { model, store, parts } = view;
  const records = now(view).exercises;
  const chapters = model.get("chapters");
  const link = model.get("live") ? null : (page, id) => `${model.get("base")}${page}.html#exercise-${id}`;
  const ids = chapters.flatMap(({ exercises }) => exercises.map(({ id }) => id));
  parts.total.textContent = TEXT.total(ids.filter((id) => records[id]?.status === "solved").length, ids.length);
  parts.list.replaceChildren(...chapters.map((chapter) => chapterNode(chapter, records, link)));
  parts.note.textContent = store.note();
};

const save = (view) => {
  download(JSON.stringify(now(view), null, 1));
  view.parts.message.textContent = TEXT.exported;
};

const take = async (view) => {
  const { file, message } = view.parts;
  if (!file.files.length) return;
  try {
    const text = await file.files[0].text().catch(() => Promise.reject(new Error(TEXT.unreadable)));
    const read = parse(text);
    const next = merged(now(view), read);
    const gain = gained(now(view), next);
    view.store.replace(next);
    message.textContent = TEXT.imported(Object.keys(read.exercises).length, gain);
  } catch (error) {
    message.textContent = TEXT.refused(error.message);
  }
  file.value = ""; // the same file may be chosen again
  draw(view);
};

const closeQuestion = ({ parts }) => {
  parts.ask.hidden = true;
  parts.reset.focus();
};

const forget = (view) => {
  const before = now(view);
  view.store.replace(empty());
  const back = () => {
    view.store.replace(merged(now(view), before)); // what was solved meanwhile stays
    view.parts.message.textContent = TEXT.restored;
    view.parts.reset.focus();
    draw(view);
  };
  closeQuestion(view);
  view.parts.message.replaceChildren(TEXT.forgotten, " ", button(TEXT.undo, back, { class: "cnnbook-button cnnbook-pg-undo" }));
  draw(view);
};

const question = (view) => {
  const { ask } = view.parts;
  const text = TEXT.sure(Object.keys(now(view).exercises).length);
  const yes = button(TEXT.yes, () => forget(view), { class: "cnnbook-button cnnbook-pg-yes" });
  const no = button(TEXT.no, () => closeQuestion(view), { class: "cnnbook-button cnnbook-pg-no" });
  ask.setAttribute("aria-label", text);
  ask.replaceChildren(el("span", {}, text), yes, no);
  ask.hidden = false;
  no.focus();
};

const build = (view) => {
  const action = (label, handler, name) => button(label, handler, { class: `cnnbook-button cnnbook-pg-${name}` });
  return {
    total: el("strong", {}),
    list: el("div", {}),
    save: action(TEXT.export, () => save(view), "export"),
    load: action(TEXT.import, () => view.parts.file.click(), "import"),
    file: el("input", { type: "file", accept: ".json,application/json", class: "cnnbook-pg-file", tabIndex: -1, "aria-label": TEXT.import, onchange: () => take(view) }),
    reset: action(TEXT.reset, () => question(view), "reset"),
    ask: el("div", { class: "cnnbook-row", role: "group", hidden: true }),
    message: status({}),
    note: el("p", { class: "cnnbook-bad", role: "status" }),
  };
};

const render = ({ model, el: root }) => {
  const bag = cleanups();
  const view = { model };
  view.store = connect(model, "progress", bag, () => draw(view));
  view.parts = build(view);
  const { total, list, save: first, load, file, reset, ask, message, note } = view.parts;
  const actions = el("div", { class: "cnnbook-row cnnbook-no-print cnnbook-pg-actions" }, first, load, file, reset);
  mount(root, "progress").append(el("p", {}, total), list, actions, ask, message, note);
  watch(model, ["base", "chapters"], () => draw(view), bag);
  draw(view);
  return bag.empty;
};

export default { render };
