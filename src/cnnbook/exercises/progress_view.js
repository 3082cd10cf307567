// What the reader has solved, by chapter; export, import, reset.
import { button, cleanups, el, mount, status, watch } from "../live/shared.js";
import { UNTOUCHED, checked, connect, empty, merged, parse } from "./store.js";

export const TEXT = {
  total: (solved, all) => `${solved} of ${all} exercises solved`,
  chapter: (number, title, solved, all) => `${number} ${title}: ${solved} of ${all} solved`,
  states: { untouched: "○ not tried", tried: "◐ tried", solved: "✓ solved" },
  export: "Export",
  import: "Import …",
  reset: "Reset …",
  sure: (count) => `Forget the progress of ${count} exercises? Export it first if you may want it back.`,
  yes: "Yes, forget it",
  no: "No, keep it",
  undo: "Undo",
  forgotten: "Progress is forgotten.",
  restored: "Progress is back.",
  exported: "Saved as cnnbook-progress.json among your downloads.",
  imported: (count, changed) => `${count} exercises read, ${changed} of them new or better than here. Nothing was lost.`,
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

const render = ({ model, el: root }) => {
  const bag = cleanups();
  mount(root, "progress");
  const total = el("p", {}, el("strong", {}));
  const list = el("div", {});
  const message = status({});
  const note = el("p", { class: "cnnbook-bad", role: "status", hidden: true });
  const ask = el("div", { class: "cnnbook-row", role: "group", hidden: true });
  const store = connect(model, "progress", bag, () => draw());

  const now = () => {
    try {
      return checked(store.read());
    } catch {
      return empty(); // the trait before Python has answered
    }
  };

  const draw = () => {
    const records = now().exercises;
    const chapters = model.get("chapters");
    const base = model.get("base");
    const link = model.get("live") ? null : (page, id) => `${base}${page}.html#exercise-${id}`;
    const ids = chapters.flatMap(({ exercises }) => exercises.map(({ id }) => id));
    total.firstChild.textContent = TEXT.total(ids.filter((id) => records[id]?.status === "solved").length, ids.length);
    list.replaceChildren(...chapters.map((chapter) => chapterNode(chapter, records, link)));
    note.textContent = store.note();
    note.hidden = !note.textContent;
  };

  const take = async (input) => {
    const [file] = input.files;
    if (!file) return;
    try {
      const text = await file.text().catch(() => Promise.reject(new Error(TEXT.unreadable)));
      const read = parse(text);
      const next = merged(now(), read);
      const gain = gained(now(), next);
      store.replace(next);
      message.textContent = TEXT.imported(Object.keys(read.exercises).length, gain);
    } catch (error) {
      message.textContent = TEXT.refused(error.message);
    }
    input.value = ""; // the same file may be chosen again
    draw();
  };

  const closeQuestion = () => {
    ask.hidden = true;
    reset.focus();
  };
  const forget = () => {
    const before = now();
    store.replace(empty());
    const undo = button(TEXT.undo, () => {
      store.replace(before);
      message.textContent = TEXT.restored;
      reset.focus();
      draw();
    }, { class: "cnnbook-button cnnbook-pg-undo" });
    closeQuestion();
    message.replaceChildren(TEXT.forgotten, " ", undo);
    draw();
  };
  const question = () => {
    const no = button(TEXT.no, closeQuestion, { class: "cnnbook-button cnnbook-pg-no" });
    const text = TEXT.sure(Object.keys(now().exercises).length);
    ask.setAttribute("aria-label", text);
    ask.replaceChildren(el("span", {}, text), button(TEXT.yes, forget, { class: "cnnbook-button cnnbook-pg-yes" }), no);
    ask.hidden = false;
    no.focus();
  };

  const file = el("input", { type: "file", accept: ".json,application/json", class: "cnnbook-pg-file", tabIndex: -1, "aria-label": TEXT.import, onchange: () => take(file) });
  const reset = button(TEXT.reset, question, { class: "cnnbook-button cnnbook-pg-reset" });
  const save = () => {
    download(JSON.stringify(now(), null, 1));
    message.textContent = TEXT.exported;
  };
  root.append(total, list,
    el("div", { class: "cnnbook-row cnnbook-no-print cnnbook-pg-actions" },
      button(TEXT.export, save, { class: "cnnbook-button cnnbook-pg-export" }),
      button(TEXT.import, () => file.click(), { class: "cnnbook-button cnnbook-pg-import" }), file, reset),
    ask, message, note);
  watch(model, ["base", "chapters"], draw, bag);
  draw();
  return bag.empty;
};

export default { render };
