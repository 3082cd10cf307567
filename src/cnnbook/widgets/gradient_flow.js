// Gradient flow: a deep net of the reader's making, its signal forward and its gradient back, layer by layer.

import { button, checkbox, cleanups, el, mount, saver, select, slider, watch } from "../live/shared.js";
import { createGoals, put } from "./checklist.js";
import { createStock, drawInput, drawLayer, normals } from "./flow_draw.js";
import { flow, flowOf } from "./flow_net.js";
import { createPanel, scaleOf } from "./flow_plot.js";
import { changedSince, DEPTH, gainOf, goalReached, he, judge, matchedGain, POSITIONS, readGoals, readState, SEEDS, short, toGain, toPosition, TRAITS, WIDTHS, XAVIER } from "./flow_state.js";

export { drawInput, drawLayer, flowOf, matchedGain, normals, short };
// a state as plain data -> what the widget makes of it: tested without a page
export const run = (traits) => {
  const state = readState((name) => traits[name]);
  return flow(createStock()(state), state);
};
export const verdictOf = (signal, gradient) => judge({ signal, gradient });

export const TEXT = {
  activation: "Activation",
  activations: { identity: "identity", sigmoid: "sigmoid", tanh: "tanh", relu: "ReLU", leaky_relu: "leaky ReLU (0.2)", selu: "SELU", gelu: "GELU" },
  depth: "Depth",
  depthIs: (depth) => `${depth} ${depth === 1 ? "layer" : "layers"}`,
  width: "Width",
  widthIs: (width) => `${width} ${width === 1 ? "unit" : "units"}`,
  gain: "Initial scale (gain)",
  gainIs: (gain) => gain.toPrecision(3),
  deviation: (gain, width) => `Standard deviation of a weight: ${TEXT.gainIs(gain)} / √${width} = ${short(gain / Math.sqrt(width))}`,
  rules: "Set the gain by a rule",
  xavier: (gain) => `Xavier: ${gain}`,
  he: (gain) => `He: ${gain}`,
  weights: "Weights",
  kinds: { normal: "normal numbers", orthogonal: "orthogonal matrices" },
  residual: "Residual connections",
  norm: "Batch normalisation",
  draw: "New draw",
  reset: "Start again",
  signal: {
    title: "Signal, forward →",
    name: "Signal by layer: choose a layer",
    axis: "layer (0: the input)",
    covered: "covered until you have answered",
    label: (layer, value) => (value === undefined ? `layer ${layer}: covered` : `layer ${layer}: signal ${short(value)}`),
  },
  gradient: {
    title: "Gradient, ← backward",
    name: "Gradient by layer: choose a layer",
    axis: "layer (0: the input)",
    covered: "covered until you have answered",
    label: (layer, value) => (value === undefined ? `layer ${layer}: covered` : `layer ${layer}: gradient ${short(value)}`),
  },
  band: "shaded: within a factor of 10",
  reading: (layer, signal, gradient) => `Layer ${layer}: signal ${signal} × the input’s, gradient ${gradient} × the last layer’s.`,
  verdict: {
    inRange: () => "In range: every layer’s gradient is within a factor of 10.",
    vanishes: ({ ratio }) => `Vanishing: the gradient of layer 1 is ${short(ratio)} × the last layer’s.`,
    explodes: ({ ratio }) => `Exploding: the gradient of layer 1 is ${short(ratio)} × the last layer’s.`,
    between: ({ ratio, worst }) => `Layer 1 is in range (${short(ratio)}), but layer ${worst[0]} is not (${short(worst[1])}).`,
    zero: () => "Cut off: no gradient at all reaches layer 1.",
    covered: "Covered until you have answered.",
  },
  facts: {
    ratio: "Gradient, layer 1 ÷ last layer",
    factor: "Gradient, factor per layer",
    signal: "Signal, last layer ÷ input",
    gain: "Gain of the weights drawn",
    slope: "Mean |slope| of activation",
    predicted: "Gain × r.m.s. slope (plain nets)",
  },
  about: "One random batch of 32 inputs, scaled to root mean square 1, and one random gradient of root mean square 1 at the last layer. Shown is the root mean square (r.m.s.) of each layer’s output and of the gradient for it. In a plain net, without residual connections or normalisation, a layer multiplies the gradient by about gain × r.m.s. slope. He’s rule is worked out for the activation chosen: the gain that keeps the mean square of a standard normal signal.",
  goals: { title: "Goals", reached: "reached: ", open: "open: " },
  problem: (name, value, used) => `${name} cannot be ${value}; ${used} is used.`,
};
const NARROW = 600; // px, as in the style sheet: the panels stand one below the other
const MARK = { inRange: "cnnbook-good", covered: "" };

// ---- controls, built once; commit writes what the reader chose
const createControls = (commit, chosen) => {
  const activation = select({ label: TEXT.activation, options: Object.entries(TEXT.activations), onchange: (name) => commit({ activation: name }) });
  const depth = slider({ label: TEXT.depth, min: DEPTH.least, max: DEPTH.most, value: DEPTH.most, describe: TEXT.depthIs, oninput: (value) => commit({ depth: value }) });
  const width = slider({ label: TEXT.width, min: 0, max: WIDTHS.length - 1, value: WIDTHS.length - 1, describe: (at) => TEXT.widthIs(WIDTHS[at]), oninput: (at) => commit({ width: WIDTHS[at] }) });
  let exact = XAVIER; // a rule's gain stands between two positions of the slider
  const described = (position) => TEXT.gainIs(toPosition(exact) === position ? exact : toGain(position));
  const gain = slider({ label: TEXT.gain, min: POSITIONS[0], max: POSITIONS[1], value: 0, describe: described, oninput: (position) => commit({ gain: toGain(position) }) });
  const deviation = el("span", { class: "cnnbook-muted" });
  const rules = [button("", () => commit({ gain: XAVIER })), button("", () => commit({ gain: he(chosen().activation) }))];
  const weights = select({ label: TEXT.weights, options: Object.entries(TEXT.kinds), onchange: (kind) => commit({ weights: kind }) });
  const residual = checkbox({ label: TEXT.residual, checked: false, onchange: (on) => commit({ residual: on }) });
  const norm = checkbox({ label: TEXT.norm, checked: false, onchange: (on) => commit({ norm: on }) });
  const draw = button(TEXT.draw, () => commit({ seed: (chosen().seed + 1) % SEEDS }));
  const node = el("div", { class: "cnnbook-flow-controls cnnbook-no-print" },
    el("div", { class: "cnnbook-flow-row" }, activation.node, weights.node),
    el("div", { class: "cnnbook-flow-row cnnbook-flow-sizes" }, depth.node, width.node),
    el("div", { class: "cnnbook-flow-row cnnbook-flow-scale" }, gain.node, el("div", { class: "cnnbook-flow-rules", role: "group", "aria-label": TEXT.rules }, rules), deviation),
    el("div", { class: "cnnbook-flow-row" }, residual.node, norm.node, el("div", { class: "cnnbook-flow-rules" }, draw, button(TEXT.reset, () => commit(null)))));
  const sync = (state) => {
    activation.set(state.activation);
    depth.set(state.depth);
    width.set(WIDTHS.indexOf(state.width));
    exact = state.gain;
    gain.set(toPosition(state.gain));
    put(deviation, TEXT.deviation(state.gain, state.width));
    const known = [XAVIER, he(state.activation)];
    rules.forEach((rule, i) => {
      put(rule, [TEXT.xavier, TEXT.he][i](known[i].toFixed(2)));
      rule.setAttribute("aria-pressed", String(Math.abs(state.gain - known[i]) < 1e-6));
    });
    weights.set(state.weights);
    residual.set(state.residual);
    norm.set(state.norm);
  };
  return { node, sync };
};

const createFacts = () => {
  const cells = Object.fromEntries(Object.keys(TEXT.facts).map((name) => [name, el("dd", {})]));
  const node = el("dl", { class: "cnnbook-flow-facts" }, Object.entries(TEXT.facts).map(([name, label]) => el("div", {}, el("dt", {}, label), cells[name])));
  const set = (values) => Object.entries(cells).forEach(([name, cell]) => put(cell, values === null ? "?" : short(values[name])));
  return { node, set };
};

const render = ({ model, el: root }) => {
  mount(root, "flow");
  const bag = cleanups();
  const save = saver(model, bag);
  const stock = createStock();
  let now, start, found, goals, layers;
  let done = new Set();
  let busy = false;

  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const verdict = el("p", { class: "cnnbook-flow-verdict", role: "status" });
  const reading = el("p", { class: "cnnbook-flow-reading" });
  const facts = createFacts();
  const checklist = createGoals(TEXT.goals);
  const controls = createControls((changes) => commit(changes ?? pick(start)), () => now);
  const panels = Object.fromEntries(["signal", "gradient"].map((kind) => [kind, createPanel({ kind, text: TEXT[kind], onlayer: (layer) => look(layer), bag })]));
  const frames = ["signal", "gradient"].map((kind) => el("div", { class: "cnnbook-flow-frame" }, el("p", { class: `cnnbook-flow-title cnnbook-flow-${kind}` }, TEXT[kind].title, " ", el("span", { class: "cnnbook-flow-key" }, TEXT.band)), panels[kind].node));
  root.append(controls.node, message, el("div", { class: "cnnbook-flow-panels" }, frames), reading, verdict, facts.node, el("p", { class: "cnnbook-flow-about cnnbook-muted" }, TEXT.about), checklist.node);

  // ---- reading and writing the model
  const pick = (state) => Object.fromEntries(TRAITS.filter((name) => name !== "layer").map((name) => [name, state[name]]));
  const write = (changes) => {
    busy = true;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    busy = false;
  };
  const commit = (changes) => {
    write(changes);
    refresh({ own: true });
    if (done.size && String(model.get("reached")) !== String([...done])) write({ reached: [...done] });
    save();
  };
  const look = (layer) => {
    if (layer === now.layer) return;
    now.layer = layer;
    write({ layer });
    paint();
    save();
  };

  // ---- redrawing; nothing below writes to the model
  const paint = () => {
    const { depth, layer, concealed } = now;
    const width = Math.max(200, frames[0].clientWidth);
    const height = root.clientWidth < NARROW ? 180 : 236;
    const scale = concealed ? scaleOf([]) : scaleOf([...found.signal, ...found.gradient]);
    for (const [kind, panel] of Object.entries(panels)) panel.draw({ width, height, depth, scale, layer, values: concealed ? null : found[kind] });
    put(reading, TEXT.reading(layer, ...["signal", "gradient"].map((kind) => (concealed ? "?" : short(found[kind][layer])))));
  };
  const tell = () => {
    if (now.concealed) {
      put(verdict, TEXT.verdict.covered);
      facts.set(null);
    } else {
      const measured = judge(found);
      put(verdict, TEXT.verdict[measured.verdict](measured));
      const gain = gainOf(layers, now.gain);
      facts.set({ ratio: measured.ratio, factor: measured.factor, signal: found.signal.at(-1), gain, slope: found.slope, predicted: gain * found.slopeRms });
      verdict.className = `cnnbook-flow-verdict ${MARK[measured.verdict] ?? "cnnbook-bad"}`;
    }
    settleGoals();
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
  const refresh = ({ own = false } = {}) => {
    now = readState((name) => model.get(name));
    if (!own) start = now;
    const drawn = stock(now);
    ({ layers } = drawn);
    found = flow(drawn, now);
    put(message, now.problems.map((problem) => TEXT.problem(...problem)).join(" "));
    controls.sync(now);
    paint();
    tell();
  };
  const unless = (callback) => () => busy || callback();

  readAllGoals();
  refresh();
  watch(model, [...TRAITS.filter((name) => name !== "layer"), "concealed"], unless(() => refresh()), bag);
  watch(model, ["layer"], unless(() => ((now.layer = readState((name) => model.get(name)).layer), paint())), bag);
  watch(model, ["goals", "reached"], unless(() => (readAllGoals(), settleGoals())), bag);
  let seen = root.clientWidth;
  const observer = new ResizeObserver(() => {
    if (root.clientWidth === seen) return;
    seen = root.clientWidth;
    paint();
  });
  observer.observe(root);
  bag.add(() => observer.disconnect());
  return () => bag.empty();
};

export default { render };
