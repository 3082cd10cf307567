// A fit to noisy samples: capacity, samples, noise and ridge against every kind of error.

import { button, cleanups, el, format, mount, onTheme, colours as readColours, saver, select, slider, status, watch } from "../live/shared.js";
import { CAPACITIES, evaluate, hasBias, measure, MOST, uniform } from "./fit_numbers.js";
import { drawErrors, drawFit, ladder, LINES, plane, sampleOf } from "./fit_plots.js";
import { editPoints, inOrder, pointsOf } from "./fit_points.js";
import { capacitiesOf, changedSince, createMeasures, createVisits, FEWEST, goalReached, LIMITS, readGoals, readState } from "./fit_state.js";
import { bias2Text, errorText, TEXT } from "./fit_text.js";
import { solve } from "./least_squares.js";
import { createGoals, put, relabel } from "./parts.js";

export { TEXT, uniform };
// a state as plain data -> what the widget makes of it: tested without a page
const stateOf = (traits) => readState((name) => traits[name]);
export const measured = (traits) => measure(stateOf(traits), stateOf(traits).capacity, stateOf(traits));
export const fitted = (traits, xs) => {
  const state = stateOf(traits);
  return evaluate(state, state.capacity, measured(traits).coefficients, Float64Array.from(xs));
};
export const solved = (rows, y, ridge) => {
  const columns = Float64Array.from(rows[0].flatMap((_, j) => rows.map((row) => row[j])));
  return solve(columns, Float64Array.from(y), rows[0].length, ridge);
};

const TRAITS = ["curve", "family", "degree", "width", "samples", "noise", "ridge", "seed", "points", "selected"];
const STOPS = {
  degree: CAPACITIES.polynomial,
  width: CAPACITIES.relu,
  samples: [...Array.from({ length: 19 }, (_, i) => i + 2), 25, 30, 40, 50, 75, 100, 150, 200],
  noise: Array.from({ length: 13 }, (_, i) => i / 20),
  ridge: [0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
};
const SLICE = { first: 4, next: 6 }; // milliseconds of refitting before the page is drawn

// A slider over a list of values; a value between them, set from Python, is told as it is.
const createStops = ({ label, stops, describe, onvalue }) => {
  let exact = null;
  const nearest = (value) => stops.reduce((best, stop, i) => (Math.abs(stop - value) < Math.abs(stops[best] - value) ? i : best), 0);
  const control = slider({
    label,
    min: 0,
    max: stops.length - 1,
    value: 0,
    describe: (i) => describe(exact ?? stops[i]),
    oninput: (i) => onvalue(stops[i]),
  });
  // told before the page's own handler says the value
  control.input.addEventListener("input", () => (exact = null), { capture: true });
  const set = (value) => {
    exact = value;
    control.set(nearest(value));
  };
  return { ...control, set };
};

const createLegend = () =>
  el("p", { class: "cnnbook-fit-legend" }, Object.entries(TEXT.keys).map(([kind, text]) => el("span", {}, sampleOf(kind), text)));

// The numbers, and the legend of the errors' picture in one.
const createNumbers = () => {
  const cells = Object.fromEntries(Object.keys(TEXT.rows).map((name) => [name, el("td", {})]));
  const head = el("th", { colspan: 2, scope: "rowgroup" }, TEXT.many);
  const row = (name) => el("tr", { class: `cnnbook-fit-${name}` }, el("th", { scope: "row" }, LINES.includes(name) ? sampleOf(name) : el("span", { class: "cnnbook-fit-key" }), el("span", { class: "cnnbook-fit-sign" }, TEXT.signs[name] ?? ""), TEXT.rows[name]), cells[name]);
  const node = el("table", { class: "cnnbook-fit-numbers" },
    el("tbody", {}, el("tr", {}, el("th", { colspan: 2, scope: "rowgroup" }, TEXT.one)), row("train"), row("validation")),
    el("tbody", {}, el("tr", {}, head), ["bias2", "variance", "noise2", "expected"].map(row)));
  const set = (values, busy) => {
    const shown = (name) => (name === "bias2" ? bias2Text(values) : errorText(values[name]));
    for (const [name, cell] of Object.entries(cells)) put(cell, values === null ? TEXT.secret : Number.isFinite(values[name]) ? shown(name) : "…");
    put(head, busy ? TEXT.busy : TEXT.many);
    node.classList.toggle("cnnbook-fit-old", busy);
  };
  return { node, set };
};

const render = ({ model, el: root }) => {
  const bag = cleanups();
  const save = saver(model, bag);
  mount(root, "fit");
  const measures = createMeasures();
  let now = null;
  let start = null;
  const visited = createVisits();
  let goals = [];
  let done = new Set();
  let busy = false;
  let frame = 0;
  let places = null;
  let look = null;

  const choose = (name, label, options) => select({ label, options: Object.entries(options), onchange: (value) => commit({ [name]: value }) });
  const stops = (name, describe, also = {}) => createStops({ label: TEXT[name], stops: STOPS[name], describe, onvalue: (value) => commit({ [name]: value, ...also }) });
  const controls = {
    curve: choose("curve", TEXT.curve, TEXT.curves),
    family: choose("family", TEXT.family, TEXT.kinds),
    degree: stops("degree", (value) => format(value)),
    width: stops("width", (value) => format(value)),
    samples: stops("samples", (value) => (now?.own ? TEXT.own(value) : format(value)), { points: [], selected: -1 }),
    noise: stops("noise", (value) => format(value)),
    ridge: stops("ridge", (value) => (value ? format(value, 6) : TEXT.ridgeOff)),
  };
  const again = button(TEXT.again, () => commit({ seed: (now.seed + 1) % (LIMITS.seed[1] + 1), points: [], selected: -1 }));
  const plot = el("canvas", { class: "cnnbook-fit-plot", tabindex: 0, role: "application" });
  const errors = el("canvas", { class: "cnnbook-fit-errors", role: "img" });
  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const said = status({ class: "cnnbook-status cnnbook-heard" });
  const about = el("p", { class: "cnnbook-fit-about" });
  const numbers = createNumbers();
  const checklist = createGoals(TEXT.goals);
  const editor = editPoints({ canvas: plot, scale: () => places.plane, state: () => now, onselect: (index) => commit({ selected: index }), onpoints: (points, index) => change(points, index), bag });
  const place = button(TEXT.place, editor.place);
  const remove = button(TEXT.remove, editor.remove);
  const body = el("div", { class: "cnnbook-fit-body" },
    el("div", { class: "cnnbook-fit-samples" }, plot, createLegend(), el("p", { class: "cnnbook-muted cnnbook-fit-hint cnnbook-no-print" }, TEXT.hint), message),
    el("div", { class: "cnnbook-fit-controls" }, Object.values(controls).map(({ node }) => node), el("div", { class: "cnnbook-fit-buttons cnnbook-no-print" }, again, place, remove), el("p", { class: "cnnbook-muted cnnbook-fit-rule" }, TEXT.rule), about),
    el("div", { class: "cnnbook-fit-ladder" }, errors),
    numbers.node);
  root.append(body, said, checklist.node);

  // ---- reading and writing the model
  const say = (text) => put(message, text);
  const write = (changes) => {
    busy = true;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    busy = false;
  };
  const commit = (changes) => {
    say("");
    write(changes);
    refresh({ own: true });
    save();
  };
  const change = (points, index) => {
    if (points.length < FEWEST) return say(TEXT.few(FEWEST));
    if (points.length > MOST.samples) return say(TEXT.full(MOST.samples));
    return commit({ points, selected: index });
  };
  const settle = () => {
    if (now.concealed || !changedSince(now, start)) return;
    const train = measures.known("errors", now.capacity)?.train;
    const known = (capacity) => measures.known("refits", capacity);
    const before = done.size;
    for (const goal of goals) if (goalReached(goal, now, { known, train, visited: visited.has })) done.add(goal.id);
    if (done.size === before) return;
    checklist.set(goals, done);
    write({ reached: [...done] });
    save();
  };

  // ---- redrawing; nothing below writes to the model, but for goals reached
  const seriesOf = () => {
    const series = Object.fromEntries(LINES.map((name) => [name, []]));
    for (const capacity of capacitiesOf(now)) {
      const [one, many] = [measures.shown("errors", capacity), measures.shown("refits", capacity)];
      for (const name of LINES) {
        const from = name === "train" || name === "validation" ? one : many;
        const value = name === "bias2" && !hasBias(from) ? 0 : from[name];
        if (Number.isFinite(from[name])) series[name].push([capacity, value, from.old]);
      }
    }
    return series;
  };
  const paint = () => {
    const { coefficients } = measures.shown("errors", now.capacity);
    drawFit(plot, places.plane, now, { coefficients, ...measures.shown("refits", now.capacity) }, { ...look, text: TEXT.plotText });
    places.ladder = ladder(places.ladder.width, places.ladder.height, CAPACITIES[now.family]);
    drawErrors(errors, places.ladder, now, seriesOf(), { ...look, text: TEXT.errorText });
  };
  const tell = () => {
    const [one, many] = [measures.shown("errors", now.capacity), measures.shown("refits", now.capacity)];
    numbers.set(now.concealed ? null : { ...many, ...one }, many.old && !now.concealed);
    if (many.old && !now.concealed) return;
    const chosen = now.selected < 0 ? "" : `${TEXT.sample(inOrder(pointsOf(now)).indexOf(now.selected) + 1, now.count, now.x[now.selected], now.y[now.selected])}. `;
    put(said, chosen + (now.concealed ? TEXT.saidSecret : TEXT.said(TEXT.coefficients(now.capacity + 1), now.count, { ...many, ...one })));
  };
  const go = (slice) => {
    cancelAnimationFrame(frame);
    const more = measures.work(performance.now() + slice);
    // the fit itself is never left for later
    paint();
    tell();
    settle();
    root.dataset.busy = String(more);
    if (more) frame = requestAnimationFrame(() => go(SLICE.next));
  };
  bag.add(() => cancelAnimationFrame(frame));
  const sync = () => {
    for (const [name, control] of Object.entries(controls)) control.set(name === "samples" ? now.count : now[name]);
    controls.degree.node.hidden = now.family !== "polynomial";
    controls.width.node.hidden = now.family === "polynomial";
    put(about, TEXT.about[now.family](TEXT.coefficients(now.capacity + 1)));
    remove.disabled = now.selected < 0;
    relabel(plot, `${TEXT.plot(now.count)}. ${TEXT.hint}`);
    relabel(errors, TEXT.ladder);
  };
  const refresh = ({ own = false } = {}) => {
    now = readState((name) => model.get(name));
    if (!own) start = now;
    if (now.problems.length) say(now.problems.map((problem) => TEXT.problem(...problem)).join(" "));
    visited.note(now);
    sync();
    measures.ask(now);
    go(SLICE.first);
  };
  const readAllGoals = () => {
    goals = readGoals(model.get("goals"));
    const kept = Array.isArray(model.get("reached")) ? model.get("reached") : [];
    done = new Set(goals.map(({ id }) => id).filter((id) => kept.includes(id) || done.has(id)));
    checklist.set(goals, done);
  };
  const measureRoom = () => {
    const width = Math.max(220, Math.round(plot.parentNode.clientWidth));
    const height = (share, least, most) => Math.round(Math.max(least, Math.min(width * share, most)));
    places = { plane: plane(width, height(0.66, 220, 320)), ladder: ladder(width, height(0.56, 210, 270), CAPACITIES.polynomial) };
    look = { colours: readColours(root), family: getComputedStyle(root).fontFamily };
  };
  const unless = (callback) => () => busy || callback();

  // a press on the errors' picture chooses the capacity there
  const pick = (event) => {
    const box = errors.getBoundingClientRect();
    const wanted = places.ladder.atX(((event.clientX - box.left) * places.ladder.width) / box.width);
    const nearest = CAPACITIES[now.family].reduce((best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best));
    if (nearest !== now.capacity) commit({ [now.family === "polynomial" ? "degree" : "width"]: nearest });
  };
  bag.listen(errors, "click", pick);

  measureRoom();
  readAllGoals();
  refresh();
  watch(model, TRAITS, unless(() => refresh()), bag);
  watch(model, ["concealed"], unless(() => refresh({ own: true })), bag); // what was chosen under cover counts
  watch(model, ["goals", "reached"], unless(() => (readAllGoals(), settle())), bag);
  const redraw = () => (measureRoom(), paint());
  onTheme(redraw, bag);
  let seen = root.clientWidth;
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === seen) return;
    seen = root.clientWidth;
    redraw();
  });
  observer.observe(root);
  bag.add(() => observer.disconnect());
  return () => bag.empty();
};

export default { render };
