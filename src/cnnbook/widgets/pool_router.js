// Pool router: a grid pooled as the reader chooses, and each output's gradient routed back to the inputs.

import { button, checkbox, cleanups, el, format, mount, saver, select, slider, status, watch } from "../live/shared.js";
import { cellWidth, createInputMap, createOutputMap } from "./pool_maps.js";
import { createFacts } from "./pool_facts.js";
import { changedSince, CHOICES, compute, fits, goalReached, MOST, oneNumber, RANGES, readGoals, readState, resize, SETTINGS, TRAITS } from "./pool_state.js";
import { refusal, TEXT } from "./pool_text.js";
import { createGoals, put } from "./checklist.js";

export { backward, forward, pool, readCounts } from "./pool_sums.js";
export { fitText } from "./pool_grid.js";
export { resize, TEXT };
// a state as plain data -> what the widget makes of it, and the goals that it meets: tested without a page
export const judge = (traits, goals, before = null) => {
  const of = (given) => ((state) => ({ state, found: compute(state) }))(readState((name) => given[name]));
  const [now, then] = [of(traits), before && of(before)];
  const moved = then && oneNumber(now.state, then.state) ? then : null;
  return { facts: now.found.facts, reached: readGoals(goals).filter((goal) => goalReached(goal, now.state, now.found, moved)).map(({ id }) => id) };
};

const REST = 400; // ms

// ---- controls, built once; attempt writes what the reader chose, unless it cannot be
const createControls = (attempt, chosen, reset) => {
  const pick = (name, options) => select({ label: TEXT[name], options: CHOICES[name].map((key) => [key, options[key]]), onchange: (value) => attempt({ [name]: value }) });
  const slide = (name) => slider({ label: TEXT[name], min: RANGES[name][0], max: RANGES[name][1], value: RANGES[name][0], oninput: (value) => attempt({ [name]: value }) });
  const side = (name, sizes) => slider({ label: TEXT[name], min: 1, max: MOST.side, value: 1, oninput: (value) => attempt({ x: resize(chosen().x, ...sizes(value, chosen().x)) }) });
  const tick = (name) => checkbox({ label: TEXT[name], checked: false, onchange: (on) => attempt({ [name]: on }) });
  const digits = () => attempt({ x: chosen().x.map((row) => row.map(() => Math.floor(10 * Math.random()))) });
  const parts = {
    pool: pick("pool", TEXT.pools),
    windows: pick("windows", TEXT.kinds),
    view: pick("view", TEXT.views),
    kernel_size: slide("kernel_size"),
    stride: slide("stride"),
    padding: slide("padding"),
    output_size: slide("output_size"),
    rows: side("rows", (n, x) => [n, x[0].length]),
    cols: side("cols", (n, x) => [x.length, n]),
    ceil_mode: tick("ceil_mode"),
    count_include_pad: tick("count_include_pad"),
  };
  const nodes = (...names) => names.map((name) => parts[name].node);
  const ones = button(TEXT.ones, () => attempt({ dy: [] }));
  const node = el("div", { class: "cnnbook-pool-controls" },
    el("div", { class: "cnnbook-pool-choices" }, nodes("pool", "windows", "view")),
    el("div", { class: "cnnbook-pool-sliders" }, nodes("kernel_size", "stride", "padding")),
    el("div", { class: "cnnbook-pool-sliders" }, nodes("output_size", "rows", "cols")),
    el("div", { class: "cnnbook-pool-ticks" }, nodes("ceil_mode", "count_include_pad")),
    el("div", { class: "cnnbook-pool-buttons cnnbook-no-print" }, button(TEXT.fresh, digits), ones, button(TEXT.reset, reset)));
  const sync = (state) => {
    for (const name of SETTINGS) parts[name].set(state[name]);
    parts.view.set(state.view);
    parts.rows.set(state.x.length);
    parts.cols.set(state.x[0].length);
    const fixed = state.windows === "fixed";
    for (const name of ["kernel_size", "stride", "padding", "ceil_mode"]) parts[name].input.disabled = !fixed;
    parts.count_include_pad.input.disabled = !fixed || state.pool !== "average";
    parts.output_size.input.disabled = state.windows !== "adaptive";
    ones.disabled = state.ones;
  };
  return { node, sync };
};

const render = ({ model, el: root }) => {
  mount(root, "pool");
  const bag = cleanups();
  const save = saver(model, bag);
  let now, start, found, goals;
  let done = new Set();
  let probe = { pointed: null, focused: null };
  let busy = false;
  let rooms = [320, 300];
  let resting = null;
  const notes = { state: "", refused: "", x: "", dy: "" };

  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const said = status({ class: "cnnbook-status cnnbook-heard" });
  const title = el("p", { class: "cnnbook-pool-heading" });
  const body = el("p", { class: "cnnbook-pool-told" });
  const sizes = { input: el("span", {}), output: el("span", {}) };
  const formula = [0, 1, 2].map(() => el("p", {}));
  const facts = createFacts();
  const checklist = createGoals(TEXT.goals);
  const controls = createControls((changes) => attempt(changes), () => now, () => commit(pickStart()));
  const edit = (name) => (a, b, value) => commit({ [name]: now[name].map((row, i) => row.map((old, j) => (i === a && j === b ? value : old))) }, true);
  const bad = (name) => (list) => {
    const [a, b, typed] = list[0] ?? [];
    const first = list.length ? TEXT.bad(TEXT[name].cell(a, b), typed, format(now[name][a][b], 4)) : "";
    say(name, list.length > 1 ? `${first} ${TEXT.badMore(list.length)}` : first);
  };
  const text = { ...TEXT, outputLabel: TEXT.outputLabel };
  const maps = {
    input: createInputMap({ text, onedit: edit("x"), onbad: bad("x"), onprobe: (at, focus) => look(at, focus), bag }),
    output: createOutputMap({ text, onedit: edit("dy"), onbad: bad("dy"), onchoose: (at) => choose(at), bag }),
  };
  const figure = (name, under) =>
    el("div", { class: `cnnbook-pool-figure cnnbook-pool-${name}` },
      el("p", { class: "cnnbook-pool-title" }, el("strong", {}, TEXT[name]), " ", sizes[name], el("span", { class: "cnnbook-pool-under" }, under)), maps[name].stage);
  root.append(controls.node, message, el("div", { class: "cnnbook-pool-maps" }, figure("input", TEXT.under.x), figure("output", TEXT.under.y)),
    el("section", { class: "cnnbook-pool-route" }, title, body), said, facts.node,
    el("div", { class: "cnnbook-pool-sizes" }, formula), el("p", { class: "cnnbook-pool-hint cnnbook-muted cnnbook-no-print" }, TEXT.hint), checklist.node);

  // ---- reading and writing the model
  const pickStart = () => ({ ...Object.fromEntries(["x", "view", "selected", ...SETTINGS].map((name) => [name, start[name] ?? []])), dy: start.ones ? [] : start.dy });
  const say = (kind, words) => {
    notes[kind] = words;
    put(message, Object.values(notes).filter(Boolean).join(" "));
  };
  const write = (changes) => {
    busy = true;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    busy = false;
  };
  const attempt = (changes) => {
    const next = { ...now, ...changes };
    if (fits(next)) return commit(changes);
    say("refused", refusal(next));
    return controls.sync(now);
  };
  const commit = (changes, editing = false) => {
    say("refused", "");
    const before = { state: now, found };
    const shape = [found.y.length, found.y[0].length];
    write(changes);
    const y = compute(readState((name) => (name === "dy" ? [] : model.get(name)))).y;
    if (changes.dy === undefined && String([y.length, y[0].length]) !== String(shape)) write({ dy: [] });
    refresh({ editing, before });
    if (now.selected && String(now.selected) !== String(model.get("selected"))) write({ selected: now.selected });
    keepReached();
    save();
  };
  const keepReached = () => done.size && String(model.get("reached")) !== String([...done]) && write({ reached: [...done] });
  const choose = (at) => {
    write({ selected: at });
    now = readState((name) => model.get(name));
    found = compute(now);
    paint({ keep: true });
    put(said, told().join(". "));
    save();
  };
  // an input that is pointed at or holds the focus: what it gets, and from whom
  const look = (at, focus) => {
    const name = focus ? "focused" : "pointed";
    if (String(probe[name]) === String(at)) return;
    probe[name] = at;
    paint({ keep: true });
    if (focus && at) put(said, told().join(". "));
  };
  const probed = () => {
    const at = probe.pointed ?? probe.focused;
    return at && at[0] < now.x.length && at[1] < now.x[0].length ? at : null;
  };

  // ---- redrawing; nothing below writes to the model
  const told = () => {
    const at = probed();
    const route = now.selected && found.routes[now.selected[0]][now.selected[1]];
    const heading = at ? TEXT.probe.title(at, now.x[at[0]][at[1]]) : now.view === "all" ? TEXT.all.title : route ? TEXT.route.title(now.selected, route.value) : "";
    if (now.concealed) return [heading, TEXT.hidden];
    if (at) {
      const [read, given] = [found.counts[at[0]][at[1]], found.given[at[0]][at[1]]];
      return [heading, read === 0 ? TEXT.probe.unread : given.length === 0 ? TEXT.probe.passed(read) : TEXT.probe.gets(read, given)];
    }
    if (now.view === "all") return [heading, found.facts.lost === 0 ? TEXT.all.kept(found.facts, found.facts.unread) : TEXT.all.lost(found.facts)];
    return route ? [heading, TEXT.route.body(route, now.dy[now.selected[0]][now.selected[1]], now.pool)] : [heading, TEXT.route.none];
  };
  const paint = ({ keep = false } = {}) => {
    const width = cellWidth(now, found, rooms);
    const route = now.selected && found.routes[now.selected[0]][now.selected[1]];
    const options = { width, keep, shown: now.view === "all" ? found.all : found.one, route, probe: probed() };
    maps.input.draw(now, found, options);
    maps.output.draw(now, found, options);
    const [heading, words] = told();
    put(title, heading);
    put(body, words);
    facts.set(found.shown, now);
  };
  const tell = () => {
    const { x } = now;
    const lengths = [x.length, x[0].length];
    put(sizes.input, TEXT.size(...lengths));
    put(sizes.output, TEXT.size(found.y.length, found.y[0].length));
    put(formula[0], TEXT.relation(now));
    TEXT.axes.forEach((axis, i) => put(formula[i + 1], now.windows === "fixed" ? TEXT.formula(axis, lengths[i], now, found.axes[i].length) : TEXT.spans(axis, found.axes[i])));
  };
  // what a slider passes on its way earns nothing: goals are judged where it rests
  const settleLater = (before) => {
    clearTimeout(resting);
    resting = setTimeout(() => {
      settleGoals(before);
      keepReached();
      save();
    }, REST);
  };
  const settleGoals = (before = null) => {
    clearTimeout(resting);
    const moved = before && oneNumber(now, before.state) ? before : null;
    const open = now.concealed || !changedSince(now, start) ? [] : goals.filter(({ id }) => !done.has(id));
    const fresh = open.filter((goal) => goalReached(goal, now, found, moved));
    for (const { id } of fresh) done.add(id);
    if (fresh.length) checklist.set(goals, done);
  };
  const readAllGoals = () => {
    goals = readGoals(model.get("goals"));
    const kept = Array.isArray(model.get("reached")) ? model.get("reached") : [];
    done = new Set(goals.map(({ id }) => id).filter((id) => kept.includes(id) || done.has(id)));
    checklist.set(goals, done);
  };
  // before: what the reader changed it from; what Python sets is a new start
  const refresh = ({ editing = false, before = null } = {}) => {
    now = readState((name) => model.get(name));
    if (!before) start = now;
    found = compute(now);
    say("state", now.problems.map(([name, given, used]) => TEXT.problem(name, brief(given), brief(used))).join(" "));
    controls.sync(now);
    paint({ keep: editing });
    tell();
    if (before && !editing) settleLater(before);
    else settleGoals(before);
  };
  const unless = (callback) => () => busy || callback();
  const measure = () => {
    rooms = [maps.input.stage.clientWidth || 320, maps.output.stage.clientWidth || 300];
  };

  readAllGoals();
  measure();
  refresh();
  watch(model, TRAITS, unless(() => refresh()), bag);
  watch(model, ["goals", "reached"], unless(() => (readAllGoals(), settleGoals())), bag);
  let seen = root.clientWidth;
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === seen) return;
    seen = root.clientWidth;
    measure();
    paint({ keep: true });
  });
  observer.observe(root);
  bag.add(() => (clearTimeout(resting), observer.disconnect()));
  return () => bag.empty();
};

const brief = (value) => {
  const words = JSON.stringify(value) ?? String(value);
  return words.length > 40 ? `${words.slice(0, 40)}…` : words;
};

export default { render };
