// What every widget of the book shares: elements, controls, theme, saving, numbers.

const SVG = "http://www.w3.org/2000/svg";

const build = (node, attrs, children) => {
  for (const [name, value] of Object.entries(attrs)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && ["value", "checked", "disabled", "textContent", "htmlFor", "tabIndex"].includes(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
};

// el("button", { class: "x", onclick: f }, "text", child, …): children that are text stay text
export const el = (tag, attrs = {}, ...children) => build(document.createElement(tag), attrs, children);
export const svg = (tag, attrs = {}, ...children) => build(document.createElementNS(SVG, tag), attrs, children);

const KEYS = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown", "Enter", " "]);

// Give a widget's root the book's classes; name is the widget's own prefix.
export const mount = (root, name) => {
  root.classList.add("cnnbook", `cnnbook-${name}`);
  root.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    // JupyterLab would move to the next cell; Shift-Enter, which runs this one, is left to it
    if (KEYS.has(key) && !ctrlKey && !metaKey && !altKey && !(shiftKey && key === "Enter")) event.stopPropagation();
  });
  return root;
};

// One bag for everything to undo: bag.add(f), bag.listen(target, "event", f), bag.empty()
export const cleanups = () => {
  const undo = [];
  return {
    add: (f) => undo.push(f),
    listen: (target, event, handler, options) => {
      target.addEventListener(event, handler, options);
      undo.push(() => target.removeEventListener(event, handler, options));
    },
    empty: () => {
      while (undo.length) undo.pop()();
    },
  };
};

// Call back when any of the traits changes, whoever changed it.
export const watch = (model, names, callback, bag) => {
  for (const name of names) {
    model.on(`change:${name}`, callback);
    bag.add(() => model.off(`change:${name}`, callback));
  }
};

// save() writes at most ten times a second, and always writes the last state.
export const saver = (model, bag, wait = 100) => {
  let timer = null;
  let last = -Infinity;
  const write = () => {
    timer = null;
    last = performance.now();
    model.save_changes();
  };
  bag.add(() => timer !== null && (clearTimeout(timer), write()));
  return () => {
    if (timer !== null) return;
    const due = last + wait - performance.now();
    if (due <= 0) write();
    else timer = setTimeout(write, due);
  };
};

// Call back when the page's theme changes (book, JupyterLab or operating system).
export const onTheme = (callback, bag) => {
  const observer = new MutationObserver(callback);
  const attributeFilter = ["data-theme", "data-jp-theme-light", "data-jp-theme-name"];
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  observer.observe(document.body, { attributes: true, attributeFilter });
  bag.add(() => observer.disconnect());
  bag.listen(matchMedia("(prefers-color-scheme: dark)"), "change", callback);
};

// The colours of shared.css as they stand now, for drawing on a canvas: colours(root).input …
export const colours = (root) => {
  const style = getComputedStyle(root);
  const names = ["paper", "panel", "ink", "muted", "line", "accent", "input", "kernel", "output", "gradient", "good", "bad"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--cnnbook-${name}`).trim()]));
};

export const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

// A number typed by a reader: decimal comma, minus sign and spaces are understood; anything else is null.
export const parseNumber = (text) => {
  const clean = String(text).trim().replaceAll("−", "-").replace(/^([-+]?\d*),(\d+)$/, "$1.$2");
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(clean)) return null;
  const value = Number(clean);
  return Number.isFinite(value) ? value : null;
};

// Short text of a number: at most `digits` decimals, a true minus sign, no negative zero.
export const format = (value, digits = 2) => {
  if (!Number.isFinite(value)) return String(value);
  const text = String(Number(value.toFixed(digits)));
  return (text === "-0" ? "0" : text).replace("-", "−");
};

let serial = 0;
export const uniqueId = (stem) => `cnnbook-${stem}-${(serial += 1)}`;

// Controls: each has a label that is tied to it, and a value to set without an event.
export const button = (label, onclick, attrs = {}) => el("button", { type: "button", class: "cnnbook-button", onclick, ...attrs }, label);

export const slider = ({ label, min, max, step = 1, value, oninput, describe = (v) => format(v) }) => {
  const id = uniqueId("slider");
  const output = el("output", { for: id }, describe(value));
  const input = el("input", { id, type: "range", min, max, step, value });
  const tell = () => {
    output.textContent = describe(Number(input.value));
    input.setAttribute("aria-valuetext", output.textContent);
  };
  input.addEventListener("input", () => {
    tell();
    oninput(Number(input.value));
  });
  tell();
  const set = (next, limits = {}) => {
    if (limits.max !== undefined) input.max = limits.max;
    if (limits.min !== undefined) input.min = limits.min;
    input.value = next;
    tell();
  };
  return { node: el("div", { class: "cnnbook-control" }, el("label", { for: id }, label), input, output), input, set };
};

export const select = ({ label, options, value, onchange }) => {
  const id = uniqueId("select");
  const input = el("select", { id }, options.map(([key, text]) => el("option", { value: key }, text)));
  input.value = value;
  input.addEventListener("change", () => onchange(input.value));
  return { node: el("div", { class: "cnnbook-control" }, el("label", { for: id }, label), input), input, set: (next) => (input.value = next) };
};

export const checkbox = ({ label, checked, onchange }) => {
  const input = el("input", { type: "checkbox", checked });
  input.addEventListener("change", () => onchange(input.checked));
  return { node: el("label", { class: "cnnbook-control cnnbook-check" }, input, " ", label), input, set: (next) => (input.checked = next) };
};

// A line that screen readers hear when its text changes.
export const status = (attrs = {}) => el("p", { class: "cnnbook-status", role: "status", "aria-live": "polite", ...attrs });

// Text with `code` in backticks, as nodes: strings of the book may mark code, nothing else.
export const prose = (text) => String(text).split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part));
