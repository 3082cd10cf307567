// Channel wiring: a stack of grouped convolutions that the reader composes, its lines, who sees whom, what it costs.

import { button, cleanups, el, mount, saver, select, status, watch } from "../live/shared.js";
import { createGoals, put } from "./checklist.js";
import { createBoard } from "./wiring_board.js";
import { createCards } from "./wiring_cards.js";
import { build, cone, measure, shuffled } from "./wiring_graph.js";
import { createMatrix } from "./wiring_matrix.js";
import { changedSince, CHANNELS, fitted, goalReached, judge, readGoals, readState, TRAITS } from "./wiring_state.js";
import { percent, runs, TEXT, thousands } from "./wiring_text.js";

export { build, cone, fitted, judge, runs, shuffled, TEXT };
const NARROW = 600;
const SIZES = { layer: 84, shuffle: 60, narrow: 54, whole: 132 };

// ---- the facts, and a bar of what each layer costs beside one dense 3x3
const createFacts = () => {
  const names = Object.fromEntries(Object.entries(TEXT.facts).map(([name, label]) => [name, el("dt", {}, name === "macs" ? "" : label)]));
  const cells = Object.fromEntries(Object.keys(names).map((name) => [name, el("dd", {})]));
  const node = el("dl", { class: "cnnbook-wiring-facts" }, Object.keys(names).map((name) => el("div", { "data-fact": name }, names[name], cells[name])));
  const set = ({ channels, size, concealed }, found) => {
    put(names.macs, TEXT.facts.macs(size));
    const values = { field: TEXT.field(found.field), parameters: thousands(found.parameters), macs: thousands(found.macs), share: percent(found.share), seen: TEXT.seen(found.counts, channels), full: TEXT.of(found.full, channels) };
    for (const [name, cell] of Object.entries(cells)) put(cell, concealed ? TEXT.covered : values[name]);
  };
  return { node, set };
};
const createBar = () => {
  const [words, under] = [0, 1].map(() => el("p", { class: "cnnbook-wiring-sum" }));
  const parts = [0, 1, 2].map(() => el("span", { class: "cnnbook-wiring-part" }));
  const mark = el("span", { class: "cnnbook-wiring-mark" });
  const node = el("div", { class: "cnnbook-wiring-cost" }, words, el("div", { class: "cnnbook-wiring-bar", "aria-hidden": "true" }, parts, mark), under);
  const set = ({ concealed }, { weights, parameters, dense }) => {
    put(words, concealed ? TEXT.barCovered : TEXT.bar(weights, parameters));
    put(under, TEXT.mark(dense));
    const scale = Math.max(dense, parameters);
    parts.forEach((part, i) => (part.style.width = concealed || !weights[i] ? "0" : `${(100 * weights[i]) / scale}%`));
    parts.forEach((part, i) => put(part, weights[i] / scale > 0.06 ? String(i + 1) : ""));
    mark.style.left = `${(100 * dense) / scale}%`;
  };
  return { node, set };
};

const render = ({ model, el: root }) => {
  mount(root, "wiring");
  const bag = cleanups();
  const save = saver(model, bag);
  let now, start, found, goals;
  let done = new Set();
  let probe = { pointed: null, focused: null };
  let busy = false;
  let room = { width: 640, vertical: false };

  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const said = status({ class: "cnnbook-status cnnbook-heard" });
  const [title, body] = ["heading", "told"].map((name) => el("p", { class: `cnnbook-wiring-${name}` }));
  const facts = createFacts();
  const bar = createBar();
  const checklist = createGoals(TEXT.goals);
  const cards = createCards({ text: TEXT, state: () => now, onlayers: (layers) => commit({ layers }) });
  const channels = select({ label: TEXT.channels, options: CHANNELS.map((n) => [n, String(n)]), onchange: (n) => commit({ channels: Number(n), layers: fitted(now.layers, now.channels, Number(n)) }) });
  const board = createBoard({ text: TEXT, onchoose: (output, walked) => choose(output, walked), onprobe: (at, focus) => look(at, focus), bag });
  const matrices = el("div", { class: "cnnbook-wiring-matrices", role: "group", "aria-label": TEXT.matrices });
  const small = Array.from({ length: 5 }, (_, i) => createMatrix(i % 2 ? "shuffle" : "layer"));
  const whole = createMatrix("whole");
  const code = el("code", {});
  const key = ["thin", "thick", "dotted", "letters", "square"].map((name) => el("span", { class: "cnnbook-wiring-key", "data-key": name }, TEXT[name]));
  root.append(
    el("div", { class: "cnnbook-wiring-top" }, channels.node, button(TEXT.reset, () => commit({ channels: start.channels, layers: start.layers }))),
    cards.node, message, board.stage, matrices, el("p", { class: "cnnbook-wiring-keys" }, key),
    el("section", { class: "cnnbook-wiring-route" }, title, body), said,
    el("div", { class: "cnnbook-wiring-found" }, whole.node, el("div", {}, bar.node, facts.node)),
    el("p", { class: "cnnbook-wiring-hint cnnbook-muted cnnbook-no-print" }, TEXT.hint),
    el("details", { class: "cnnbook-wiring-code" }, el("summary", {}, TEXT.code), el("pre", { tabindex: 0, role: "group", "aria-label": TEXT.code }, code)), checklist.node,
  );

  // ---- reading and writing the model
  const write = (changes) => {
    busy = true;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    busy = false;
  };
  const commit = (changes) => {
    write(changes);
    refresh(true);
    if (!now.concealed) put(said, TEXT.heard(now, found));
    if (now.selected !== model.get("selected")) write({ selected: now.selected });
    if (done.size && String(model.get("reached")) !== String([...done])) write({ reached: [...done] });
    save();
  };
  // an output pressed again is chosen no more; walking always chooses
  const choose = (output, walked = false) => {
    now.selected = output === now.selected && !walked ? -1 : output;
    write({ selected: now.selected });
    paint();
    put(said, told().join(" "));
    save();
  };
  const look = (at, focus) => {
    const name = focus ? "focused" : "pointed";
    if (String(probe[name]) === String(at)) return;
    probe[name] = at;
    paint();
    if (focus && at) put(said, told().join(" "));
  };

  // ---- redrawing; nothing below writes to the model
  const followed = () => {
    const last = found.graph.columns.length - 1;
    const inside = (at) => at && at[0] <= last && at[1] < now.channels;
    const focused = inside(probe.focused) && probe.focused[0] !== last ? probe.focused : null; // a focused output says what is chosen
    if (inside(probe.pointed)) return probe.pointed;
    return focused ?? (now.selected < 0 ? null : [last, now.selected]);
  };
  const told = (at = followed()) => {
    if (now.concealed) return TEXT.told.hidden;
    if (!at) return TEXT.told.none;
    const { columns } = found.graph;
    const lit = cone(found.graph, at);
    const { layer, at: order } = columns[at[0]];
    if (layer === 0) return TEXT.told.input(at[1], lit.at(-1));
    if (at[0] === columns.length - 1) return TEXT.told.output(at[1], lit[0]);
    return TEXT.told.middle(order[at[1]], layer, lit[0], lit.at(-1));
  };
  const paint = () => {
    const at = followed();
    const lit = at && !now.concealed ? cone(found.graph, at) : null;
    board.draw(found.graph, { ...room, key: JSON.stringify([now.channels, now.layers]), lit, selected: now.selected, seen: found.counts, concealed: now.concealed });
    paintMatrices(lit, at);
    const [heading, words] = told(at);
    put(title, heading);
    put(body, words);
  };
  const paintMatrices = (lit, at) => {
    const { columns, steps } = found.graph;
    const layout = board.layout();
    const used = steps.map((step) => small.filter((each) => each.node.dataset.kind === (step.kernel ? "layer" : "shuffle"))[step.kernel ? step.layer - 1 : step.layer - 1]);
    if (matrices.children.length !== used.length || used.some(({ node }, i) => node !== matrices.children[i])) matrices.replaceChildren(...used.map(({ node }) => node));
    for (const node of [matrices, whole.node]) node.toggleAttribute("data-covered", now.concealed);
    steps.forEach(({ layer, kernel, groups, lines }, s) => {
      const parts = Array.from({ length: groups }, (_, group) => {
        const mine = lines.filter((line) => line[2] === group);
        return { group, groups, cells: mine.map(([from, to]) => [to, from]), lit: lit ? mine.filter(([from, to]) => lit[s][from] && lit[s + 1][to]).map(([from, to]) => [to, from]) : [] };
      });
      const most = layout.vertical ? SIZES.narrow : layout.gaps[s] + 20;
      const label = kernel ? TEXT.matrix(layer, lines.length, now.channels, groups) : TEXT.shuffleMatrix;
      used[s].draw({ size: Math.min(most, SIZES[kernel ? "layer" : "shuffle"]), label, text: TEXT.used(lines.length, now.channels, kernel), count: now.channels, parts, row: null, dim: lit !== null });
      used[s].node.style.left = layout.vertical ? "" : `${(layout.centres[s] + layout.centres[s + 1]) / 2}px`;
    });
    const cells = found.reach.flatMap((row, output) => row.flatMap((on, input) => (on ? [[output, input]] : [])));
    const chosen = at && at[0] === columns.length - 1 ? at[1] : null;
    const parts = [{ group: 0, groups: 1, cells, lit: lit ? cells.filter(([output, input]) => lit[0][input] && lit.at(-1)[output]) : [] }];
    whole.draw({ size: SIZES.whole, label: TEXT.wholeMatrix(found.full, now.channels), text: TEXT.wholeUnder, count: now.channels, parts, row: chosen, dim: lit !== null });
  };
  const settleGoals = () => {
    const open = now.concealed || !changedSince(now, start) ? [] : goals.filter(({ id }) => !done.has(id));
    const fresh = open.filter((goal) => goalReached(goal, now, found));
    for (const { id } of fresh) done.add(id);
    if (fresh.length) checklist.set(goals, done);
  };
  const readAllGoals = () => {
    goals = readGoals(model.get("goals"));
    const kept = Array.isArray(model.get("reached")) ? model.get("reached") : [];
    done = new Set(goals.map(({ id }) => id).filter((id) => kept.includes(id) || done.has(id)));
    checklist.set(goals, done);
  };
  // own: the reader made the change; what Python sets is a new start
  const refresh = (own = false) => {
    now = readState((name) => model.get(name));
    if (!own) start = now;
    found = measure(now.channels, now.layers, now.size);
    put(message, now.problems.map(([name, given, used]) => TEXT.problem(name, brief(given), brief(used))).join(" "));
    channels.set(now.channels);
    cards.sync(now);
    facts.set(now, found);
    bar.set(now, found);
    const lines = now.layers.flatMap((layer, i) => [...(layer.shuffle ? [TEXT.deal(now.layers[i - 1].groups)] : []), TEXT.conv(now.channels, layer)]);
    put(code, TEXT.stack(lines));
    paint();
    settleGoals();
  };
  const measureRoom = () => (room = { width: Math.max(280, board.stage.clientWidth), vertical: root.clientWidth < NARROW });
  const unless = (callback) => () => busy || callback();

  readAllGoals();
  measureRoom();
  refresh();
  watch(model, TRAITS.filter((name) => name !== "selected"), unless(() => refresh()), bag);
  watch(model, ["selected"], unless(() => ((now.selected = readState((name) => model.get(name)).selected), paint())), bag);
  watch(model, ["goals", "reached"], unless(() => (readAllGoals(), settleGoals())), bag);
  let seen = root.clientWidth;
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === seen) return;
    seen = root.clientWidth;
    measureRoom();
    paint();
  });
  observer.observe(root);
  bag.add(() => observer.disconnect());
  return () => bag.empty();
};

const brief = (value) => {
  const words = JSON.stringify(value) ?? String(value);
  return words.length > 60 ? `${words.slice(0, 60)}…` : words;
};

export default { render };
