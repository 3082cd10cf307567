// Kernels on a photograph: original and result under one divider, scores, the reader's own image.

import { checkbox, cleanups, el, format, mount, onTheme, saver, select, status, watch } from "../live/shared.js";
import { convolve, LARGEST } from "./convolve.js";
import { fit, grey, peakOf, picture, rangeOf, signed } from "./maps.js";
import { createBar, createGoals, createKernel } from "./parts.js";
import { balanced, changedSince, compute, decode, encode, goalReached, inside, MAGNITUDE, MOST, OWN, PRESETS, readGoals, readState, scores, shown, SIZED, viewOf } from "./photo_state.js";

export { convolve, decode };
// a state as plain data -> what the widget makes of it: tested without a page
export const state = (traits) => readState((name) => traits[name]);
export const filtered = (traits) => compute(state(traits)).result;

export const TEXT = {
  photo: "Photograph",
  kernel: {
    group: "Kernel cells",
    cell: (a, b) => `kernel row ${a + 1}, column ${b + 1}`,
    bad: (a, b, typed, kept) => `Kernel row ${a + 1}, column ${b + 1}${typed.trim() ? `: “${typed}” is not a number between −1,000,000 and 1,000,000` : " is empty"}. The result still uses ${kept} there.`,
    badMore: (count) => `${count} kernel cells hold no number.`,
  },
  preset: "Kernel",
  size: "Kernel size",
  sizeName: (size) => `${size} × ${size}`,
  magnitude: "Two kernels: √(Sobel x² + Sobel y²) at each pixel. The cells show Sobel x.",
  sum: (total) => `The weights sum to ${total}: a flat area is multiplied by ${total}.`,
  blurFirst: "Blur the photograph first (3 × 3 Gaussian)",
  view: "Show as",
  views: { signed: "signed, 0 white", absolute: "absolute value", clipped: "clipped to 0–255" },
  range: (low, high) => `Away from the border the result runs from ${low} to ${high}.`,
  original: "original",
  result: "result",
  divider: "Divider between original and result",
  dividerAt: (percent) => `${percent} % original, ${100 - percent} % result`,
  stage: (name, kernel) => `${name}: the original left of the divider, the result of the kernel ${kernel} right of it`,
  border: "The photograph is surrounded by zeros, so that the result keeps its size; they darken or outline the border, which the range, the colours and the scores leave out.",
  leak: (percent) => `Vertical edges come through ${percent} % as strongly as horizontal ones.`,
  brightness: "The weights do not sum to 0: brightness comes through too, so edges cannot be compared.",
  noLeak: "Edges cannot be compared: the image or the result has none of one kind.",
  restore: (before, after, percent) => `Error the blur made: ${before} grey levels; after your kernel: ${after} (${percent} %).`,
  noRestore: "Tick “Blur the photograph first” to measure how much of the blur a kernel undoes.",
  own: "Your own image",
  ownHint: "It stays in this page: nothing is sent anywhere.",
  ownName: "your image",
  loaded: (name, rows, cols) => `“${name}” is shown in grey, ${rows} × ${cols}.`,
  notImage: (name, type) => `“${name}” is no image (its type is ${type || "unknown"}): choose a PNG, JPEG, GIF or WebP file.`,
  tooBig: (name, size) => `“${name}” has ${size} MB; at most 5 MB are read.`,
  unreadable: (name) => `“${name}” could not be read as an image. The photograph shown before stays.`,
  goals: { title: "Goals", reached: "reached: ", open: "open: " },
  said: (kernel, low, high) => `kernel ${kernel}: result from ${low} to ${high}`,
  problems: {
    photo: (name, spare) => (spare === null ? `The photograph “${name}” is missing or damaged, and there is no other; a grey ramp is shown.` : `The photograph “${name}” is missing or damaged; “${spare}” is shown.`),
    kernel: () => "The kernel is not a grid of numbers with odd sides up to 7; the identity is used.",
  },
};

const SIZES = [3, 5, 7];
const TRAITS = ["photos", "photo", "kernel", "kernel_name", "blur_first", "view"];

// Read an image file as rows of grey values, its longer side at most MOST.side.
const readFile = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    const image = new Image();
    reader.onerror = reject;
    image.onerror = reject;
    image.onload = () => {
      try {
        resolve(toGrey(image));
      } catch (error) {
        reject(error);
      }
    };
    reader.onload = () => (image.src = reader.result);
    reader.readAsDataURL(file);
  });
const toGrey = (image) => {
  const scale = Math.min(1, MOST.side / Math.max(image.naturalWidth, image.naturalHeight));
  const [cols, rows] = [image.naturalWidth, image.naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = el("canvas", { width: cols, height: rows });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff"; // behind transparent pixels
  context.fillRect(0, 0, cols, rows);
  context.drawImage(image, 0, 0, cols, rows);
  const { data } = context.getImageData(0, 0, cols, rows);
  const at = (index) => Math.round(0.2126 * data[index] + 0.7152 * data[index + 1] + 0.0722 * data[index + 2]); // as cnnbook.data
  return Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (__, j) => at(4 * (i * cols + j))));
};

// A canvas with two pictures under one divider; onwipe(0 … 1)
const createStage = ({ onwipe, bag }) => {
  const canvas = el("canvas", { role: "img" });
  const handle = el("div", { class: "cnnbook-photo-divider", role: "slider", tabindex: 0, "aria-label": TEXT.divider, "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal" });
  const tags = [el("span", { class: "cnnbook-photo-tag cnnbook-photo-left", "aria-hidden": "true" }, TEXT.original), el("span", { class: "cnnbook-photo-tag cnnbook-photo-right", "aria-hidden": "true" }, TEXT.result)];
  const node = el("div", { class: "cnnbook-photo-stage" }, canvas, tags, handle);
  let pictures = null;
  let wipe = 0.5;
  const draw = (room) => {
    const [cols, rows] = [pictures[0].width, pictures[0].height];
    const scale = Math.min(room / cols, 420 / rows);
    const [width, height] = [Math.round(cols * scale), Math.round(rows * scale)];
    const context = fit(canvas, width, height);
    context.imageSmoothingEnabled = false;
    context.drawImage(pictures[1], 0, 0, width, height);
    const split = Math.round(wipe * width);
    context.save();
    context.beginPath();
    context.rect(0, 0, split, height);
    context.clip();
    context.drawImage(pictures[0], 0, 0, width, height);
    context.restore();
    node.style.width = `${width}px`;
    handle.style.left = `${split}px`;
    const percent = Math.round(wipe * 100);
    handle.setAttribute("aria-valuenow", percent);
    handle.setAttribute("aria-valuetext", TEXT.dividerAt(percent));
    tags[0].hidden = split < 70;
    tags[1].hidden = width - split < 60;
  };
  const follow = (event) => {
    const box = canvas.getBoundingClientRect();
    onwipe(Math.max(0, Math.min((event.clientX - box.left) / box.width, 1)));
  };
  bag.listen(node, "pointerdown", (event) => {
    if (event.button !== 0) return;
    node.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    follow(event);
  });
  bag.listen(node, "pointermove", (event) => node.hasPointerCapture(event.pointerId) && follow(event));
  bag.listen(handle, "keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.02;
    const goal = { ArrowLeft: wipe - step, ArrowDown: wipe - step, ArrowRight: wipe + step, ArrowUp: wipe + step, PageDown: wipe - 0.1, PageUp: wipe + 0.1, Home: 0, End: 1 }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    onwipe(Math.max(0, Math.min(goal, 1)));
  });
  const set = (next) => ({ pictures, wipe } = { pictures, wipe, ...next });
  return { node, canvas, set, draw };
};

const render = ({ model, el: root }) => {
  mount(root, "photo");
  const bag = cleanups();
  const save = saver(model, bag);
  const notes = { state: "", file: "", typed: "" };
  let now, start, found, goals;
  let done = new Set();
  let busy = false;
  let chosen = false; // the reader has chosen the view: it stays
  let gone = false;
  bag.add(() => (gone = true));

  // ---- parts, built once
  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const told = el("p", { class: "cnnbook-photo-told", role: "status" });
  const said = status({ class: "cnnbook-status cnnbook-heard" });
  const photo = select({ label: TEXT.photo, options: [], onchange: (name) => commit({ photo: name }) });
  const preset = select({ label: TEXT.preset, options: [...Object.keys(PRESETS), OWN].map((name) => [name, name]), onchange: (name) => choose(name) });
  const size = select({ label: TEXT.size, options: SIZES.map((n) => [n, TEXT.sizeName(n)]), onchange: (n) => resizeTo(Number(n)) });
  const blur = checkbox({ label: TEXT.blurFirst, checked: false, onchange: (on) => commit({ blur_first: on }) });
  const view = select({ label: TEXT.view, options: Object.entries(TEXT.views), onchange: (name) => ((chosen = true), commit({ view: name })) });
  const fileId = `${preset.input.id}-file`;
  const file = el("input", { type: "file", id: fileId, accept: "image/*", onchange: () => file.files[0] && load(file.files[0]) });
  const kernel = createKernel({
    text: TEXT.kernel,
    most: LARGEST,
    onedit: (a, b, value) => edit(now.kernel.map((row, i) => row.map((old, j) => (i === a && j === b ? value : old))), true),
    onbad: (list) => {
      const [a, b, typed] = list[0] ?? [];
      const first = list.length ? TEXT.kernel.bad(a, b, typed, format(now.kernel[a][b], 4)) : "";
      say("typed", list.length > 1 ? `${first} ${TEXT.kernel.badMore(list.length)}` : first);
    },
    onhot: () => {},
    bag,
  });
  const stage = createStage({
    onwipe: (wipe) => {
      write({ wipe });
      drawStage();
      save();
    },
    bag,
  });
  const bar = createBar();
  const range = el("span", {});
  const about = el("p", { class: "cnnbook-photo-about" });
  const facts = [el("p", {}), el("p", {})];
  const checklist = createGoals(TEXT.goals);
  const frame = el("div", { class: "cnnbook-photo-frame" }, stage.node, el("div", { class: "cnnbook-photo-legend" }, bar.node, range),
    el("div", { class: "cnnbook-photo-facts" }, facts, el("p", { class: "cnnbook-muted cnnbook-photo-border" }, TEXT.border)));
  root.append(
    el("div", { class: "cnnbook-photo-body" },
      frame,
      el("div", { class: "cnnbook-photo-controls" },
        [photo, preset, size].map(({ node }) => node), kernel.node, about, view.node, blur.node)),
    message,
    el("div", { class: "cnnbook-photo-own cnnbook-no-print" }, el("label", { for: fileId }, TEXT.own), file, el("span", { class: "cnnbook-muted" }, TEXT.ownHint)),
    told,
    said,
    checklist.node,
  );

  // ---- reading and writing the model
  const say = (kind, text) => {
    notes[kind] = text;
    const all = Object.values(notes).filter(Boolean).join(" ");
    if (message.textContent !== all) message.textContent = all;
  };
  const write = (changes) => {
    busy = true;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    busy = false;
  };
  const commit = (changes, editing = false) => {
    say("file", "");
    write(changes);
    refresh({ editing, own: true });
    if (done.size && String(model.get("reached")) !== String([...done])) write({ reached: [...done] });
    save();
  };
  // a kernel of the reader's; where its weights come to sum to 0, half of the result is negative
  const edit = (weights, editing = false) => {
    const turns = !chosen && balanced(weights) && !balanced(now.kernel) && weights.flat().some(Boolean);
    commit({ kernel: weights, kernel_name: OWN, ...(turns ? { view: "signed" } : {}) }, editing);
  };
  const choose = (name) => {
    if (name === OWN) return commit({ kernel_name: OWN });
    chosen = false;
    const sides = SIZED.includes(name) && now.kernel.length > 3 ? now.kernel.length : 3;
    commit({ kernel: PRESETS[name](sides), kernel_name: name, view: viewOf(name) });
  };
  const resizeTo = (sides) => {
    if (SIZED.includes(now.kernelName)) return commit({ kernel: PRESETS[now.kernelName](sides) });
    const shift = [(sides - now.kernel.length) / 2, (sides - now.kernel[0].length) / 2];
    const grown = Array.from({ length: sides }, (_, i) => Array.from({ length: sides }, (__, j) => now.kernel[i - shift[0]]?.[j - shift[1]] ?? 0));
    edit(grown);
  };
  const load = async (chosen) => {
    told.textContent = "";
    if (!chosen.type.startsWith("image/")) return say("file", TEXT.notImage(chosen.name, chosen.type));
    if (chosen.size > MOST.bytes) return say("file", TEXT.tooBig(chosen.name, format(chosen.size / 1024 / 1024, 1)));
    try {
      const pixels = await readFile(chosen);
      if (gone) return undefined;
      const others = Object.fromEntries(now.photos);
      commit({ photos: { ...others, [TEXT.ownName]: encode(pixels) }, photo: TEXT.ownName });
      told.textContent = TEXT.loaded(chosen.name, pixels.length, pixels[0].length);
    } catch {
      say("file", TEXT.unreadable(chosen.name));
    }
    return undefined;
  };

  // ---- redrawing; nothing below writes to the model
  const drawStage = () => {
    const wipe = model.get("wipe");
    stage.set({ wipe: Number.isFinite(wipe) ? Math.max(0, Math.min(wipe, 1)) : 0.5 });
    stage.draw(frame.clientWidth || 320);
  };
  const paint = () => {
    const values = shown(found.result, now.view);
    const peak = peakOf(inside(found.result)) || 1; // the zeros around the photo would outshine it
    const [low, high] = { signed: [-peak, peak], absolute: [0, peak], clipped: [0, 255] }[now.view];
    const scale = now.view === "signed" ? signed(peak) : grey(low, high);
    stage.set({ pictures: [picture(now.pixels, grey(0, 255)), picture(values, scale)] });
    bar.set(now.view === "signed" ? "signed" : "grey", format(low, 0), format(high, 0));
    drawStage();
  };
  const tell = () => {
    const [low, high] = rangeOf(inside(found.result)).map((value) => format(value, 1));
    range.textContent = TEXT.range(low, high);
    const total = now.kernel.flat().reduce((sum, value) => sum + value, 0);
    about.textContent = now.kernelName === MAGNITUDE ? TEXT.magnitude : TEXT.sum(format(total, 4));
    const { leak: through, blurError, error } = scores(now, found);
    facts[0].textContent = Number.isFinite(through) ? TEXT.leak(format(through * 100, 0)) : balanced(now.kernel) ? TEXT.noLeak : TEXT.brightness;
    facts[1].textContent = now.blurFirst ? TEXT.restore(format(blurError, 1), format(error, 1), format((error / blurError) * 100, 0)) : TEXT.noRestore;
    stage.canvas.setAttribute("aria-label", TEXT.stage(now.name, now.kernelName));
    said.textContent = TEXT.said(now.kernelName, low, high);
    settleGoals({ leak: through, blurError, error });
  };
  const settleGoals = (measured) => {
    for (const goal of goals) if (changedSince(goal, now, start) && goalReached(goal, now, measured)) done.add(goal.id);
    checklist.set(goals, done);
  };
  const readAllGoals = () => {
    goals = readGoals(model.get("goals"));
    const kept = Array.isArray(model.get("reached")) ? model.get("reached") : [];
    done = new Set(goals.map(({ id }) => id).filter((id) => kept.includes(id) || done.has(id)));
  };
  const sync = () => {
    const names = [...now.photos].filter(([, kept]) => decode(kept ?? undefined));
    photo.input.replaceChildren(...names.map(([name]) => el("option", { value: name }, name)));
    photo.set(now.name);
    preset.set(now.kernelName);
    size.set(SIZES.includes(now.kernel.length) && now.kernel.length === now.kernel[0].length ? now.kernel.length : "");
    size.input.disabled = !SIZED.includes(now.kernelName) && now.kernelName !== OWN;
    blur.set(now.blurFirst);
    view.set(now.view);
  };
  // own: the reader made the change; what Python sets is a new start
  const refresh = ({ editing = false, own = false } = {}) => {
    const before = now?.kernel;
    now = readState((name) => model.get(name));
    if (!own) start = now;
    found = compute(now);
    say("state", now.problems.map(([key, ...rest]) => TEXT.problems[key](...rest)).join(" "));
    kernel.set(now.kernel, editing || String(before) === String(now.kernel));
    sync();
    paint();
    tell();
  };
  const unless = (callback) => () => busy || callback();

  readAllGoals();
  refresh();
  watch(model, TRAITS, unless(() => refresh()), bag);
  watch(model, ["wipe"], unless(drawStage), bag);
  watch(model, ["goals", "reached"], unless(() => (readAllGoals(), tell())), bag);
  onTheme(drawStage, bag);
  let seen = root.clientWidth;
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === seen) return;
    seen = root.clientWidth;
    drawStage();
  });
  observer.observe(root);
  bag.add(() => observer.disconnect());
  return () => bag.empty();
};

export default { render };
