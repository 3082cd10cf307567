// What the reader has tried and solved: checked, merged, and kept in the browser (the page) or handed
// to Python (JupyterLab). Rules and words are those of reader.py; tests hold the two equal.

import { grouped } from "./thousands.js";

export const KEY = "cnnbook:progress";
const VERSION = 1;
const STATUSES = ["untouched", "tried", "solved"];
const MOST = { text: 500000, exercises: 2000, tries: 1000000, hints: 100 };
const ID = /^\d\d-[a-z0-9-]{1,60}$/;
const WHEN = /^(\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d))?$/;
export const UNTOUCHED = { status: "untouched", tries: 0, hints: 0, when: "" };

const TEXT = {
  long: () => `it is longer than ${grouped(MOST.text)} characters`,
  json: () => "it is not JSON",
  object: () => "it is no progress of this book: an object with version and exercises is wanted",
  version: (got) => `its version is ${got}, this book reads version ${VERSION}`,
  field: (where, name) => `${where} has an unknown field “${name}”`,
  list: () => "its exercises are no object",
  many: (got) => `it names ${grouped(got)} exercises, more than ${grouped(MOST.exercises)}`,
  id: (id) => `“${id}” is no exercise id`,
  record: (id) => `${id} is no record`,
  status: (id) => `${id} has a status other than untouched, tried or solved`,
  count: (id, name) => `${id} has ${name} other than a whole number from 0 to ${grouped(MOST[name])}`,
  when: (id) => `${id} has a time that cannot be read`,
  aside: (why, place) => `Saved progress could not be read: ${why}. It is kept in this browser as “${place}”; a new record starts.`,
  stuck: (why) => `Saved progress could not be read: ${why}. It stays as it is; from here on progress lasts only until you leave this page.`,
  memory: () => "This browser keeps no data for this page: progress lasts only until you leave it. Export it on the progress page, or solve the exercises in JupyterLab.",
};

const refuse = (name, ...values) => {
  throw new Error(TEXT[name](...values));
};
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const known = (object, names, where) => {
  for (const name of Object.keys(object)) if (!names.includes(name)) refuse("field", where, name.slice(0, 40));
};

export const checkedRecord = (id, record) => {
  if (!ID.test(id)) refuse("id", id.slice(0, 40));
  const fields = Object.keys(UNTOUCHED);
  if (!isObject(record) || fields.some((field) => !Object.hasOwn(record, field))) refuse("record", id);
  known(record, fields, id);
  if (!STATUSES.includes(record.status)) refuse("status", id);
  for (const name of ["tries", "hints"]) {
    if (!Number.isInteger(record[name]) || record[name] < 0 || record[name] > MOST[name]) refuse("count", id, name);
  }
  if (typeof record.when !== "string" || !WHEN.test(record.when)) refuse("when", id);
  const { status, tries, hints, when } = record;
  return { status, tries, hints, when };
};

export const checked = (data) => {
  if (!isObject(data) || !Object.hasOwn(data, "version") || !Object.hasOwn(data, "exercises")) refuse("object");
  if (data.version !== VERSION) refuse("version", JSON.stringify(data.version).slice(0, 40));
  known(data, ["version", "exercises"], "it");
  if (!isObject(data.exercises)) refuse("list");
  const entries = Object.entries(data.exercises);
  if (entries.length > MOST.exercises) refuse("many", entries.length);
  return { version: VERSION, exercises: Object.fromEntries(entries.map(([id, record]) => [id, checkedRecord(id, record)])) };
};

// Progress from JSON text; throws an Error that says what is wrong with it.
export const parse = (text) => {
  if (text.length > MOST.text) refuse("long");
  let data;
  try {
    data = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    refuse("json");
  }
  return checked(data);
};

export const empty = () => ({ version: VERSION, exercises: {} });
const later = (a, b) => (a > b ? a : b);

// Both progresses in one: of each exercise the better status and the larger counts.
export const merged = (one, other) => {
  const exercises = { ...one.exercises };
  for (const [id, b] of Object.entries(other.exercises)) {
    const a = exercises[id] ?? UNTOUCHED;
    const status = STATUSES[Math.max(STATUSES.indexOf(a.status), STATUSES.indexOf(b.status))];
    exercises[id] = { status, tries: Math.max(a.tries, b.tries), hints: Math.max(a.hints, b.hints), when: later(a.when, b.when) };
  }
  return checked({ version: VERSION, exercises });
};

// The record after one more try; what is solved stays solved and counts no more.
export const tried = (record, passed, now = new Date()) => {
  if (record.status === "solved") return record;
  const tries = Math.min(record.tries + 1, MOST.tries);
  return { ...record, status: passed ? "solved" : "tried", tries, when: now.toISOString() };
};

// Over something like localStorage; `reach` returns it, and may throw as the real one does.
class Store {
  #memory = null; // set once the browser cannot be used
  #note = "";
  #listeners = new Set();

  constructor(reach, stamp) {
    Object.assign(this, { reach, stamp });
  }

  note() {
    return this.#note;
  }

  on(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell() {
    [...this.#listeners].forEach((listener) => listener());
  }

  read() {
    if (this.#memory) return this.#memory;
    let text;
    try {
      text = this.reach().getItem(KEY);
    } catch {
      return this.#remember(empty(), TEXT.memory());
    }
    if (text === null) return empty();
    try {
      return parse(text);
    } catch (error) {
      return this.#setAside(text, error.message);
    }
  }

  replace(progress) {
    const next = checked(progress);
    try {
      if (this.#memory) this.#memory = next;
      else this.reach().setItem(KEY, JSON.stringify(next));
    } catch {
      this.#remember(next, TEXT.memory());
    }
    this.tell();
  }

  #remember(progress, note) {
    this.#memory = progress;
    this.#note = note;
    return progress;
  }

  #setAside(text, why) {
    const place = `${KEY}:aside:${this.stamp()}`;
    try {
      this.reach().setItem(place, text);
      this.reach().removeItem(KEY);
    } catch {
      return this.#remember(empty(), TEXT.stuck(why));
    }
    this.#note = TEXT.aside(why, place);
    return empty();
  }
}

export const openStore = (reach, stamp = () => new Date().toISOString()) => new Store(reach, stamp);

let page = null; // one for all widgets of the page
const pageStore = () => {
  if (!page) {
    page = openStore(() => window.localStorage);
    // another tab wrote, or emptied everything (then the key is null)
    window.addEventListener("storage", (event) => (event.key === KEY || event.key === null) && page.tell());
  }
  return page;
};

// What a widget needs: { read, replace, note }, with `onchange` called whenever it may have changed.
// `trait` holds it in JupyterLab, where Python reads and writes the reader's file.
export const connect = (model, trait, bag, onchange) => {
  if (!model.get("live")) {
    const store = pageStore();
    bag.add(store.on(onchange));
    return store;
  }
  for (const name of [trait, "note"]) {
    model.on(`change:${name}`, onchange);
    bag.add(() => model.off(`change:${name}`, onchange));
  }
  try {
    model.send({ kind: "hello" }); // Python answers by setting the trait
  } catch {
    // no kernel: the trait keeps what it has
  }
  const replace = (value) => {
    model.set(trait, value);
    model.save_changes();
  };
  return { read: () => model.get(trait), replace, note: () => model.get("note") };
};

// The record of one exercise, in the page or in JupyterLab: { get, put, note }.
export const recordOf = (model, id, bag, onchange) => {
  const store = connect(model, "record", bag, onchange);
  const live = model.get("live");
  const clean = (record) => {
    try {
      return checkedRecord(id, record);
    } catch {
      return UNTOUCHED; // empty, or edited by hand
    }
  };
  const get = () => clean(live ? store.read() : store.read().exercises[id]);
  const put = (record) => {
    if (live) return store.replace(record);
    const now = store.read();
    return store.replace({ ...now, exercises: { ...now.exercises, [id]: record } });
  };
  return { get, put, note: () => store.note() };
};
