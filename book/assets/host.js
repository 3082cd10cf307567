// Runs the book's widgets in a page that has no kernel. The build (book/_ext/live_pages.py) puts the
// saved state of a notebook's widgets into the page, and the source of each widget's module into a
// script that calls cnnbook.define. A classic script, so that it also works on a page opened from disk.
(() => {
  "use strict";
  const TEXT = {
    failed: "This figure could not start, the rest of the page is unharmed. Reason: ",
    noState: "its saved state is missing or damaged",
    noModule: "its module is not on the page",
  };
  const sources = new Map(); // module name -> source text
  const urls = new Map(); // module name -> Blob URL
  const imports = new Map(); // module name -> promise of its default export
  const models = new Map(); // model id -> promise of the model
  const views = new Map(); // element -> cleanup function

  const define = (name, source) => sources.set(name, source);

  const style = (name, css) => {
    if ([...document.styleSheets].some((sheet) => sheet.ownerNode?.dataset?.cnnbook === name)) return;
    const node = document.createElement("style");
    node.dataset.cnnbook = name;
    node.textContent = css;
    document.head.append(node);
  };

  // Each module becomes one Blob, however many widgets and modules import it.
  const url = (name) => {
    if (!urls.has(name)) {
      if (!sources.has(name)) throw new Error(`${TEXT.noModule}: ${name}`);
      const source = sources.get(name).replace(/from "cnnbook:([^"]+)"/g, (_, other) => `from "${url(other)}"`);
      urls.set(name, URL.createObjectURL(new Blob([`${source}\n//# sourceURL=cnnbook/${name}`], { type: "text/javascript" })));
    }
    return urls.get(name);
  };

  const load = async (name) => {
    if (!imports.has(name)) imports.set(name, import(url(name)));
    const module = (await imports.get(name)).default;
    return typeof module === "function" ? module() : module;
  };

  const same = (a, b) => Object.is(a, b) || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b));

  // The part of anywidget's model that a widget may use.
  const makeModel = (id, state) => {
    const listeners = new Map();
    const emit = (event, ...rest) => [...(listeners.get(event) ?? [])].forEach((callback) => callback(...rest));
    const model = {
      model_id: id,
      get: (key) => state[key],
      set: (key, value) => {
        const changes = Object.entries(typeof key === "string" ? { [key]: value } : key).filter(([k, v]) => !same(state[k], v));
        for (const [k, v] of changes) state[k] = v;
        for (const [k, v] of changes) emit(`change:${k}`, model, v);
        if (changes.length) emit("change", model);
      },
      on: (events, callback) => events.split(" ").forEach((event) => listeners.set(event, [...(listeners.get(event) ?? []), callback])),
      off: (events, callback) => {
        if (!events) return listeners.clear();
        for (const event of events.split(" ")) listeners.set(event, callback ? (listeners.get(event) ?? []).filter((each) => each !== callback) : []);
      },
      save_changes: () => {}, // nobody to tell
      send: () => {},
      widget_manager: { get_model: (other) => models.get(other) ?? Promise.reject(new Error(TEXT.noState)) },
    };
    return model;
  };

  const decode = (base64) => new DataView(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer);

  const restore = async (id, { state = {}, buffers = [] }) => {
    for (const { path, data } of buffers) {
      const holder = path.slice(0, -1).reduce((value, key) => value[key], state);
      holder[path.at(-1)] = decode(data);
    }
    const model = makeModel(id, { ...state, live: false });
    if (state._esm) {
      const module = await load(state._esm);
      await module.initialize?.({ model });
    }
    return model;
  };

  // ipywidgets.jslink and jsdlink
  const link = async ({ source, target }, both) => {
    const [from, to] = await Promise.all([source, target].map(([reference]) => models.get(reference.replace("IPY_MODEL_", ""))));
    const tie = (a, key, b, other) => a.on(`change:${key}`, () => b.set(other, a.get(key)));
    to.set(target[1], from.get(source[1]));
    tie(from, source[1], to, target[1]);
    if (both) tie(to, target[1], from, source[1]);
  };

  const fail = (view, error) => {
    const note = document.createElement("p");
    note.className = "cnnbook-failed";
    note.setAttribute("role", "alert");
    note.textContent = TEXT.failed + (error?.message ?? error);
    view.append(note);
  };

  const show = async (view) => {
    try {
      const model = await models.get(view.dataset.model);
      if (!model) throw new Error(TEXT.noState);
      const module = await load(model.get("_esm"));
      const el = document.createElement("div");
      const cleanup = await module.render({ model, el });
      view.replaceChildren(el);
      views.set(view, cleanup);
    } catch (error) {
      fail(view, error);
    }
  };

  const dispose = (view) => {
    views.get(view)?.();
    views.delete(view);
    view.replaceChildren();
  };

  const read = () => {
    const script = document.querySelector('script[type="application/vnd.jupyter.widget-state+json"]');
    try {
      return Object.entries(JSON.parse(script.textContent).state);
    } catch {
      return []; // each view says so
    }
  };

  // what the address points at; anybody may write anything there
  const target = (hash) => {
    try {
      return document.getElementById(decodeURIComponent(hash));
    } catch {
      return null;
    }
  };

  const start = async () => {
    const entries = read();
    for (const [id, entry] of entries) {
      const model = restore(id, entry);
      model.catch(() => {}); // told by each of its views
      models.set(id, model);
    }
    const links = entries.filter(([, entry]) => /^(Directional)?LinkModel$/.test(entry.model_name));
    await Promise.allSettled(links.map(([, entry]) => link(entry.state, entry.model_name === "LinkModel")));
    await Promise.all([...document.querySelectorAll(".cnnbook-view")].map(show));
    document.documentElement.dataset.cnnbook = "ready";
    if (location.hash) target(location.hash.slice(1))?.scrollIntoView();
  };

  window.cnnbook = { define, style, show, dispose };
  window.addEventListener("pagehide", (event) => event.persisted || [...views.keys()].forEach(dispose));
  document.addEventListener("DOMContentLoaded", start);
})();
