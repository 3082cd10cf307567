// Conv explorer: one image, one kernel, and how every output is summed from its window.

import { button, checkbox, cleanups, colours as readColours, el, format, mount, onTheme, prose, saver, select, slider, status, watch } from "../live/shared.js";
import { convolve, droppedCells, LARGEST, outputSize, readersOf, sameGrid, span, windowOf } from "./convolve.js";
import { createMap, grey, peakOf, rangeOf, signed } from "./maps.js";
import { changedSince, goalReached, misfit, MOST, once, options, readGoals, readPlace, readState, resize, unreadCells, used } from "./conv_state.js";
import { createBar, createGoals, createKernel, parseWeight, put, relabel } from "./parts.js";
import { createSumPanel, factor } from "./conv_sum.js";

export { convolve, outputSize, parseWeight, readersOf, readState, windowOf, goalReached };

const code = (...at) => `y[${at.join(", ")}]`;
const exact = (value) => format(value, 4);
const times = (rows, cols) => `${rows} × ${cols}`;

export const TEXT = {
  image: "Image",
  preset: "Kernel",
  custom: "your own",
  rows: "Kernel rows",
  cols: "Kernel columns",
  stride: "Stride",
  padding: "Padding",
  dilation: "Dilation",
  flip: "Turn the kernel by 180° first (true convolution)",
  kernel: {
    group: "Kernel cells",
    cell: (a, b) => `kernel row ${a + 1}, column ${b + 1}`,
    bad: (a, b, typed, kept) => `Kernel row ${a + 1}, column ${b + 1}${typed.trim() ? `: “${typed}” is not a number between −1,000,000 and 1,000,000` : " is empty"}. The output still uses ${kept} there.`,
    badMore: (count) => `${count} kernel cells hold no number.`,
  },
  kernelHint: "Type into any cell, fractions such as 1/9 too. Arrow keys move, Enter goes to the next cell.",
  refused: (why) => `Refused: ${why}`,
  misfit: {
    rows: (cells, size, padding) => `the kernel would span ${cells} rows, the padded input is only ${size + 2 * padding} high (${size} + 2 · ${padding}).`,
    cols: (cells, size, padding) => `the kernel would span ${cells} columns, the padded input is only ${size + 2 * padding} wide (${size} + 2 · ${padding}).`,
  },
  formula: (axis, size, { padding, dilation, stride }, length, result) =>
    `${axis}: floor((${size} + 2·${padding} − ${dilation === 1 ? length : `${dilation}·(${length} − 1) − 1`}) / ${stride}) + 1 = ${result}`,
  axes: ["rows", "columns"],
  dropped: (parts, cells) => `Dropped in silence: ${parts.join(" and ")} of the image, behind the last window. ${cells}`,
  droppedPart: (axis, count) => `the last ${count === 1 ? axis.slice(0, -1) : `${count} ${axis}`}`,
  unread: (count, all, struck) => `${count} of ${all} image cells are read by no output (${struck ? "struck through" : "faded"}).`,
  allRead: "Every image cell is read by at least one output.",
  input: "Input",
  inputSize: (rows, cols, padding) => (padding ? `${times(rows, cols)}, with padding ${times(rows + 2 * padding, cols + 2 * padding)}` : times(rows, cols)),
  output: "Output",
  outputSize: (rows, cols) => times(rows, cols),
  noOutput: "no output: the kernel does not fit",
  spans: (rows, cols) => `The kernel spans ${times(rows, cols)} cells of the input.`,
  inputLabel: (rows, cols) => `Input map, ${rows} rows, ${cols} columns. Arrow keys choose a cell and show which outputs read it.`,
  outputLabel: (rows, cols) => `Output map, ${rows} rows, ${cols} columns. Arrow keys choose an output and show its window.`,
  hint: "Point at an output to see its window; point at an input to see who reads it. Or focus a map and use arrows, Home and End.",
  clear: "Clear selection",
  saidWindow: (at, told) => `output row ${at[0] + 1}, column ${at[1] + 1}: ${told}`,
  saidSum: (terms, value) => `${terms} = ${value}`,
  saidMany: (count) => `sum of ${count} products`,
  saidReaders: (at, value, count, readers) =>
    `input row ${at[0] + 1}, column ${at[1] + 1}, value ${value}: read by ${count === 0 ? "no output" : count === 1 ? "1 output: " : `${count} outputs: `}${readers.join("; ")}`,
  saidReader: (output) => `row ${output[0] + 1}, column ${output[1] + 1}`,
  saidWeight: (place, weight) => `${place} with weight ${weight}`,
  andMore: (count) => `and ${count} more`,
  covered: "covered until you have answered",
  goals: { title: "Goals", reached: "reached: ", open: "open: " },
  sum: {
    panel: "The sum",
    written: "The sum written out",
    window: (at, count) => prose(`Output row ${at[0] + 1}, column ${at[1] + 1} (\`${code(...at)}\`): ${count} products, added up`),
    readers: (at, value, count) =>
      prose(`Input row ${at[0] + 1}, column ${at[1] + 1} (\`x[${at.join(", ")}]\` = ${value}) is read by ${count === 0 ? "no output" : count === 1 ? "1 output" : `${count} outputs`}`),
    output: (at) => `${code(...at)}: `,
    equals: (value) => `= ${value}`,
    covered: "Covered until you have answered.",
    readersEnd: (some) => (some ? "What this cell adds to each output that reads it." : "No window touches this cell: it cannot change the output."),
    gridsWindow: "window times kernel equals products; the numbers are written out beside it",
    gridsReaders: "input cell times the weights of its readers; the numbers are written out beside it",
    none: "Point at an output cell to see how it is summed.",
  },
  problems: {
    image: (name) => `The image “${name}” is not a grid of at most ${MOST.side} × ${MOST.side} numbers and was left out.`,
    noImage: () => "There is no usable image; a 3 × 3 stand-in is shown.",
    imageName: (name, shown) => `There is no image ${name}; “${shown}” is shown.`,
    kernel: (given) => `The kernel ${given} is not a grid of 1 to ${MOST.kernel} rows and columns of numbers; a single 1 is used.`,
    step: (name, given, fallback) => `${name} = ${given} is no whole number in range; ${fallback} is used.`,
  },
};

const WIDEST = 12; // longer sides are drawn as a picture, without numbers
const imageRange = once(rangeOf);
const OUTPUT_TRAITS = ["images", "image_name", "kernel", "kernel_presets", "stride", "padding", "dilation", "flip"];

const render = ({ model, el: root }) => {
  mount(root, "conv");
  const bag = cleanups();
  const save = saver(model, bag);
  let state, start, y, unread, goals, look;
  let done = new Set();
  let hot = null; // the kernel cell pointed at, as the window meets it
  let busy = false;
  const notes = { state: "", refused: "", typed: "" };

  // ---- parts, built once
  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const said = status({ class: "cnnbook-status cnnbook-heard" });
  const change = (name) => (value) => attempt({ [name]: value });
  const controls = {
    image: select({ label: TEXT.image, options: [], onchange: change("image_name") }),
    preset: select({ label: TEXT.preset, options: [], onchange: (name) => (state.presets.has(name) ? attempt({ kernel: state.presets.get(name) }) : sync()) }),
    rows: slider({ label: TEXT.rows, min: 1, max: MOST.kernel, value: 3, oninput: (n) => attempt({ kernel: resize(state.kernel, n, state.kernel[0].length) }) }),
    cols: slider({ label: TEXT.cols, min: 1, max: MOST.kernel, value: 3, oninput: (n) => attempt({ kernel: resize(state.kernel, state.kernel.length, n) }) }),
    stride: slider({ label: TEXT.stride, min: 1, max: 5, value: 1, oninput: change("stride") }),
    padding: slider({ label: TEXT.padding, min: 0, max: 6, value: 0, oninput: change("padding") }),
    dilation: slider({ label: TEXT.dilation, min: 1, max: 4, value: 1, oninput: change("dilation") }),
    flip: checkbox({ label: TEXT.flip, checked: false, onchange: change("flip") }),
  };
  const turned = ([a, b]) => (state.flip ? [state.kernel.length - 1 - a, state.kernel[0].length - 1 - b] : [a, b]);
  const heat = (at) => {
    if (String(at) === String(hot)) return;
    hot = at;
    drawSelection();
  };
  const kernel = createKernel({
    text: TEXT.kernel,
    most: LARGEST,
    onedit: (a, b, value) => commit({ kernel: state.kernel.map((row, i) => row.map((old, j) => (i === a && j === b ? value : old))) }, true),
    onbad: (list) => {
      const [a, b, typed] = list[0] ?? [];
      const first = list.length ? TEXT.kernel.bad(a, b, typed, format(state.kernel[a][b], 4)) : "";
      say("typed", list.length > 1 ? `${first} ${TEXT.kernel.badMore(list.length)}` : first);
    },
    onhot: (at) => heat(at && turned(at)),
    bag,
  });
  const maps = {
    input: createMap({
      name: "input",
      label: TEXT.input,
      where: () => readPlace(model.get("probe"), state.image.length, state.image[0].length),
      onpoint: (cell) => aim({ probe: cell }),
      onleave: () => aim({ probe: [] }),
      bag,
    }),
    output: createMap({
      name: "output",
      label: TEXT.output,
      where: () => (readProbe() ? null : readSelected()),
      rest: () => readSelected(),
      onpoint: (cell) => y.length && aim({ selected: cell, probe: [] }),
      onleave: () => aim({ selected: [], probe: [] }),
      bag,
    }),
  };
  const bars = { input: createBar(), output: createBar() };
  const sizes = { input: el("span", {}), output: el("span", {}) };
  const formula = TEXT.axes.map(() => el("p", { class: "cnnbook-formula" }));
  const spans = el("p", { class: "cnnbook-conv-spans" });
  const note = el("p", { class: "cnnbook-conv-note" });
  const panel = createSumPanel({ text: TEXT.sum, onhot: heat, bag });
  const checklist = createGoals(TEXT.goals);
  const figure = (name) =>
    el("div", { class: `cnnbook-conv-figure cnnbook-conv-${name}` },
      el("p", { class: "cnnbook-conv-title" }, el("strong", {}, TEXT[name]), " ", sizes[name]), el("div", { class: "cnnbook-conv-stage" }, maps[name].canvas), bars[name].node);
  root.append(
    el("div", { class: "cnnbook-conv-top" },
      el("div", { class: "cnnbook-conv-kernel" },
        el("div", { class: "cnnbook-conv-choice" }, controls.preset.node),
        el("div", { class: "cnnbook-conv-sliders" }, controls.rows.node, controls.cols.node), kernel.node, el("p", { class: "cnnbook-muted cnnbook-conv-hint cnnbook-no-print" }, TEXT.kernelHint)),
      el("div", { class: "cnnbook-conv-controls" },
        el("div", { class: "cnnbook-conv-choice" }, controls.image.node),
        el("div", { class: "cnnbook-conv-sliders" }, ["stride", "padding", "dilation"].map((name) => controls[name].node)),
        controls.flip.node,
        el("div", { class: "cnnbook-conv-sizes" }, formula, spans, note), message)),
    el("div", { class: "cnnbook-conv-maps" }, figure("input"), figure("output")),
    panel.node,
    el("div", { class: "cnnbook-conv-foot cnnbook-no-print" }, el("p", { class: "cnnbook-muted cnnbook-conv-hint" }, TEXT.hint), button(TEXT.clear, () => aim({ selected: [], probe: [] }))),
    said,
    checklist.node,
  );

  // ---- reading and writing the model
  const readSelected = () => (y.length ? readPlace(model.get("selected"), y.length, y[0].length) : null);
  const readProbe = () => readPlace(model.get("probe"), state.image.length, state.image[0].length);
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
  // a pointer or a key chose a cell
  const aim = (changes) => {
    if (Object.entries(changes).every(([name, value]) => String(model.get(name)) === String(value))) return;
    write(changes);
    drawSelection();
    save();
  };
  // a control wants a new setting: refuse what cannot be
  const attempt = (changes) => {
    const next = { ...state, ...changes };
    if (changes.image_name !== undefined) next.image = state.images.get(changes.image_name);
    const why = misfit(next);
    if (why && !(changes.image_name === undefined && misfit(state))) {
      say("refused", TEXT.refused(TEXT.misfit[why[0]](...why.slice(1))));
      return sync();
    }
    commit(changes);
  };
  const commit = (changes, editing = false) => {
    say("refused", "");
    write(changes);
    refresh({ editing, own: true });
    const [selected, probe] = [model.get("selected"), model.get("probe")];
    if (Array.isArray(selected) && selected.length) write({ selected: readSelected() ?? [] });
    if (Array.isArray(probe) && probe.length) write({ probe: readProbe() ?? [] });
    if (goals.some(({ id }) => done.has(id)) && String(model.get("reached")) !== String([...done])) write({ reached: [...done] });
    save();
  };

  // ---- redrawing; nothing below writes to the model
  const fill = (control, entries, value) => {
    if (control.entries !== entries) {
      control.entries = entries;
      const named = [...entries].map(([name, grid]) => [name, control === controls.image ? `${name} (${times(grid.length, grid[0].length)})` : name]);
      if (control === controls.preset) named.push(["", TEXT.custom]);
      control.input.replaceChildren(...named.map(([name, text]) => el("option", { value: name }, text)));
    }
    control.set(value);
  };
  const slide = (name, value, most = MOST.kernel) => {
    const { input, set } = controls[name];
    const max = Math.max(most, value);
    if (Number(input.value) !== value || Number(input.max) !== max) set(value, { max });
  };
  const sync = () => {
    fill(controls.image, state.images, state.name);
    const preset = [...state.presets].find(([, grid]) => sameGrid(grid, state.kernel));
    fill(controls.preset, state.presets, preset ? preset[0] : "");
    slide("rows", state.kernel.length);
    slide("cols", state.kernel[0].length);
    slide("stride", state.stride, 5);
    slide("padding", state.padding, 6);
    slide("dilation", state.dilation, 4);
    controls.flip.set(state.flip);
  };
  const tellSizes = () => {
    const { image, padding, dilation, stride } = state;
    const lengths = [[image.length, state.kernel.length], [image[0].length, state.kernel[0].length]];
    lengths.forEach(([size, length], i) => put(formula[i], TEXT.formula(TEXT.axes[i], size, state, length, outputSize(size, length, stride, padding, dilation))));
    put(spans, TEXT.spans(span(state.kernel.length, dilation), span(state.kernel[0].length, dilation)));
    put(sizes.input, TEXT.inputSize(image.length, image[0].length, padding));
    put(sizes.output, y.length ? TEXT.outputSize(y.length, y[0].length) : TEXT.noOutput);
    const concealed = model.get("concealed") === true;
    bars.input.set("grey", ...look.range.map((value) => format(value)));
    bars.output.set("signed", ...[-look.peak, look.peak].map((value) => (concealed ? "?" : format(value))));
    const parts = lengths.map(([size, length], i) => [TEXT.axes[i], droppedCells(size, length, stride, padding, dilation)]).filter(([, count]) => count);
    const cells = y.length && unread.count ? TEXT.unread(unread.count, image.length * image[0].length, hasNumbers(image)) : "";
    put(note, y.length === 0 ? "" : parts.length ? TEXT.dropped(parts.map(([axis, count]) => TEXT.droppedPart(axis, count)), cells) : cells || TEXT.allRead);
    note.classList.toggle("cnnbook-bad", parts.length > 0 || unread.count > 0);
  };
  const hasNumbers = (image) => Math.max(image.length, image[0].length) <= WIDEST;
  // the same cell size in both maps, so that shrinking is seen
  const cellSize = () => {
    const rows = state.image.length + 2 * state.padding;
    const cols = state.image[0].length + 2 * state.padding;
    return Math.max(2, Math.min(40, Math.floor(look.room / cols), Math.floor(330 / rows)));
  };
  const drawMaps = () => {
    const { image, padding } = state;
    const cell = cellSize();
    const concealed = model.get("concealed") === true;
    const numbers = hasNumbers(image);
    const [least, high] = imageRange(image);
    const low = Math.min(0, least); // 0 is black, as in the padding
    look.range = [low, high];
    look.image = image;
    look.last = y.length ? [y.length - 1, y[0].length - 1] : [0, 0];
    const key = JSON.stringify([look.seen, look.colours.paper, look.family, cell, padding, state.stride, state.dilation, state.kernel.length, state.kernel[0].length, concealed, window.devicePixelRatio]);
    const common = { key, colours: look.colours, family: look.family };
    maps.input.draw(image, { rows: image.length, cols: image[0].length, pad: [padding, padding], cell }, { ...common, scale: grey(low, high), numbers, unread: y.length && unread.count ? unread.at : null });
    relabel(maps.input.canvas, TEXT.inputLabel(image.length, image[0].length));
    const peak = (look.peak = peakOf(y));
    const shown = y.length ? y : [[0]];
    maps.output.draw(shown, { rows: shown.length, cols: shown[0].length, pad: [0, 0], cell }, { ...common, scale: signed(peak), numbers: numbers && y.length > 0, conceal: concealed || !y.length });
    relabel(maps.output.canvas, y.length ? TEXT.outputLabel(y.length, y[0].length) : TEXT.noOutput);
    // the output's stage keeps the input's height, so that nothing below it moves
    maps.output.canvas.parentNode.style.minHeight = `${(image.length + 2 * padding) * cell}px`;
  };
  const drawSelection = () => {
    const [probe, selected] = [readProbe(), readSelected()];
    if (probe && y.length) drawReaders(probe);
    else if (selected) drawWindow(selected);
    else drawNothing();
  };
  const drawNothing = () => {
    paint([], []);
    kernel.mark([], hot && turned(hot));
    panel.showNothing(y.length ? TEXT.sum.none : TEXT.noOutput, used(state), look);
    put(said, "");
  };
  const paint = (input, output) => {
    maps.input.show(input, look.colours, look.family);
    maps.output.show(output, look.colours, look.family);
  };
  const valueAt = ([i, j]) => state.image[i]?.[j];
  const drawWindow = (at) => {
    const weights = used(state);
    const entries = windowOf(at, weights, options(state)).map(({ cell, tap }) => {
      const x = valueAt(cell);
      return { tap, cell, x: x ?? 0, pad: x === undefined, w: weights[tap[0]][tap[1]] };
    });
    const { kernel: vermilion, output: green } = look.colours;
    const cells = entries.map(({ cell }) => cell);
    const lit = hot ? entries.filter(({ tap }) => String(tap) === String(hot)).map(({ cell }) => cell) : [];
    const dense = state.dilation === 1;
    paint([{ cells, colour: vermilion, box: dense, tint: dense ? 0 : 0.35 }, { cells: lit, colour: look.colours.input, thick: 3, tint: 0.4 }], [{ cells: [at], colour: green, box: true }]);
    kernel.mark([], hot && turned(hot));
    const hidden = model.get("concealed") === true;
    const value = y[at[0]][at[1]];
    panel.showWindow({ at, kernel: weights, entries, value, range: look.range, hot, hidden }, look);
    const terms = () => (entries.length > 9 ? TEXT.saidMany(entries.length) : entries.map(({ x, w }) => `${factor(x, exact)}·${factor(w, exact)}`).join(" + "));
    put(said, TEXT.saidWindow(at, hidden ? TEXT.covered : TEXT.saidSum(terms(), exact(value))));
  };
  const drawReaders = (at) => {
    const weights = used(state);
    const entries = readersOf(at, state.image.length, state.image[0].length, weights, options(state)).map(({ output, tap }) => ({ output, tap, w: weights[tap[0]][tap[1]] }));
    const outputs = entries.map(({ output }) => output);
    const hidden = model.get("concealed") === true;
    paint([{ cells: [at], colour: look.colours.input, box: true }], [{ cells: outputs, colour: look.colours.output, tint: 0.25, text: hidden ? null : (i) => entries[i].w }]);
    kernel.mark(entries.map(({ tap }) => turned(tap)), hot && turned(hot));
    panel.showReaders({ at, value: valueAt(at), kernel: weights, entries, range: look.range, hot, hidden }, look);
    const first = entries.slice(0, 9).map(({ output, w }) => (hidden ? TEXT.saidReader(output) : TEXT.saidWeight(TEXT.saidReader(output), exact(w))));
    const spoken = entries.length > 9 ? [...first, TEXT.andMore(entries.length - 9)] : first;
    put(said, TEXT.saidReaders(at, format(valueAt(at)), entries.length, spoken));
  };
  const settleGoals = () => {
    const open = model.get("concealed") === true ? [] : goals.filter(({ id }) => !done.has(id));
    for (const goal of open) if (changedSince(goal, state, start) && goalReached(goal, state, y)) done.add(goal.id);
    const key = JSON.stringify([goals, [...done]]);
    if (checklist.key !== key) checklist.set(goals, done);
    checklist.key = key;
  };
  const readAllGoals = () => {
    goals = readGoals(model.get("goals"));
    const kept = Array.isArray(model.get("reached")) ? model.get("reached") : [];
    done = new Set(goals.map(({ id }) => id).filter((id) => kept.includes(id) || done.has(id)));
  };
  // own: the reader made the change; what Python sets is a new start
  const refresh = ({ editing = false, own = false } = {}) => {
    const before = state?.kernel;
    state = readState((name) => model.get(name));
    if (!own) start = state;
    y = convolve(state.image, used(state), options(state));
    unread = unreadCells(state);
    const why = misfit(state);
    const told = [...state.problems.map(([key, ...args]) => TEXT.problems[key](...args)), ...(why ? [TEXT.misfit[why[0]](...why.slice(1))] : [])].join(" ");
    drawMaps(); // the canvases first: writing on them after the page has changed costs a layout
    drawSelection();
    say("state", told);
    kernel.set(state.kernel, editing || (before && sameGrid(before, state.kernel)));
    sync();
    tellSizes();
    settleGoals();
  };
  const restyle = () => {
    look = { ...look, colours: readColours(root), family: getComputedStyle(root).fontFamily, width: panel.node.clientWidth || 320, room: maps.input.canvas.parentNode.clientWidth || 300 };
  };
  const redrawAll = () => {
    restyle();
    drawMaps();
    drawSelection();
    tellSizes();
  };
  const unless = (callback) => () => busy || callback();

  restyle();
  readAllGoals();
  refresh();
  watch(model, OUTPUT_TRAITS, unless(() => (say("refused", ""), refresh())), bag);
  watch(model, ["selected", "probe"], unless(drawSelection), bag);
  watch(model, ["concealed"], unless(() => (redrawAll(), settleGoals())), bag);
  watch(model, ["goals", "reached"], unless(() => (readAllGoals(), settleGoals())), bag);
  onTheme(redrawAll, bag);
  const observer = new ResizeObserver(() => {
    const width = root.clientWidth;
    if (width !== look.seen) {
      look.seen = width;
      redrawAll();
    }
  });
  observer.observe(root);
  bag.add(() => observer.disconnect());
  return () => bag.empty();
};

export default { render };
