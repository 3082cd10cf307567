// The gradient-flow widget without the page: state read without trust, what it measures, goals.

import { ACTIVATIONS } from "./flow_net.js";

export const DEPTH = { least: 1, most: 50 };
export const WIDTHS = [1, 2, 4, 8, 16, 32, 64];
export const GAIN = { least: 0.05, most: 20 };
export const SEEDS = 1000;
export const KINDS = ["normal", "orthogonal"];
export const BAND = 10; // in range: within this factor
export const XAVIER = 1; // fan_in = fan_out = width: the deviation sqrt(2 / (2 width)) is 1 / sqrt(width)

const START = { depth: 50, width: 64, activation: "sigmoid", gain: 1, weights: "normal", residual: false, norm: false, seed: 0, layer: 1 };
export const TRAITS = Object.keys(START);
const whole = (least, most) => (value) => Number.isInteger(value) && value >= least && value <= most;
const flag = (value) => typeof value === "boolean";
const GOOD = {
  depth: whole(DEPTH.least, DEPTH.most),
  width: (value) => WIDTHS.includes(value),
  activation: (value) => Object.hasOwn(ACTIVATIONS, value),
  gain: (value) => Number.isFinite(value) && value >= GAIN.least && value <= GAIN.most,
  weights: (value) => KINDS.includes(value),
  residual: flag,
  norm: flag,
  seed: whole(0, SEEDS - 1),
  layer: whole(1, DEPTH.most),
};
// what cannot be read is told, and replaced by where the chapter starts
export const readState = (get) => {
  const problems = TRAITS.filter((name) => !GOOD[name](get(name))).map((name) => [name, String(get(name)), START[name]]);
  const state = Object.fromEntries(TRAITS.map((name) => [name, GOOD[name](get(name)) ? get(name) : START[name]]));
  return { ...state, layer: Math.min(state.layer, state.depth), concealed: get("concealed") === true, problems };
};

// 1 / sqrt(E f(z)²), z standard normal: He's argument for any activation; Simpson's rule on both sides of 0
export const matchedGain = (activation, count = 2400, end = 12) => {
  const [right, left] = [1, -1].map((sign) => Float64Array.from({ length: count + 1 }, (_, i) => (sign * i * end) / count));
  for (const z of [right, left]) ACTIVATIONS[activation](z, new Float64Array(z.length));
  const terms = right.map((value, i) => {
    const z = (i * end) / count;
    const share = i === 0 || i === count ? 1 : i % 2 ? 4 : 2;
    return (share * Math.exp((-z * z) / 2) * (value ** 2 + left[i] ** 2)) / Math.sqrt(2 * Math.PI);
  });
  return 1 / Math.sqrt((terms.reduce((a, b) => a + b, 0) * end) / count / 3);
};
const gains = new Map();
export const he = (activation) => {
  if (!gains.has(activation)) gains.set(activation, Number(matchedGain(activation).toFixed(9)));
  return gains.get(activation);
};

// slider positions: hundredths of a power of ten
export const toPosition = (gain) => Math.round(100 * Math.log10(gain));
export const toGain = (position) => Math.max(GAIN.least, Math.min(10 ** (position / 100), GAIN.most));
export const POSITIONS = [toPosition(GAIN.least), toPosition(GAIN.most)];

// root mean square of the weights' singular values: the gain that this draw really has
export const gainOf = (layers, gain) => {
  let [sum, count] = [0, 0];
  for (const { weight } of layers) {
    for (let i = 0; i < weight.length; i += 1) sum += weight[i] * weight[i];
    count += Math.sqrt(weight.length);
  }
  return gain * Math.sqrt(sum / count);
};

// { ratio: layer 1 / last layer, factor: of one layer, least, most: of all layers, verdict, worst: [layer, value] }
export const judge = ({ signal, gradient }) => {
  const layers = gradient.slice(1); // without the input
  const ratio = layers[0] / layers.at(-1);
  const far = (value) => Math.abs(Math.log(value));
  const worst = layers.reduce((old, value, i) => (far(value) > far(old[1]) ? [i + 1, value] : old), [layers.length, 1]);
  const inside = (value) => value >= 1 / BAND && value <= BAND;
  const ends = ratio === 0 ? "zero" : ratio < 1 / BAND ? "vanishes" : ratio > BAND ? "explodes" : "between";
  return {
    ratio,
    factor: ratio ** (1 / Math.max(1, layers.length - 1)),
    verdict: layers.every(inside) ? "inRange" : ends,
    worst,
    calm: signal.every(inside),
  };
};

// ---- goals: { id, text, kind, depth, factor, activation, plain }
const REACHED = {
  in_range: (goal, { gradient }) => gradient.slice(1).every((value) => value >= 1 / goal.factor && value <= goal.factor),
  explode: (goal, found) => judge(found).ratio >= goal.factor && judge(found).calm,
};
export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter(
    (goal) => goal && typeof goal.text === "string" && typeof goal.id === "string" && Object.hasOwn(REACHED, goal.kind) && goal.factor > 1 && goal.depth >= 1,
  );
export const goalReached = (goal, state, found) =>
  state.depth >= goal.depth &&
  (!goal.activation || state.activation === goal.activation) &&
  (!goal.plain || !(state.residual || state.norm)) &&
  REACHED[goal.kind](goal, found);
// Where the widget starts earns nothing, and neither does another draw.
const CHOSEN = TRAITS.filter((name) => name !== "seed" && name !== "layer");
export const changedSince = (state, start) => CHOSEN.some((name) => state[name] !== start[name]);

// ---- numbers as a reader reads them
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
export const power = (exponent) => `10${[...String(exponent)].map((sign) => RAISED[sign]).join("")}`;
export const short = (value) => {
  if (!Number.isFinite(value)) return "?";
  if (value === 0) return "0";
  const [digits, exponent] = value.toExponential(1).split("e");
  if (value >= 99.5 || value < 0.00995) return Math.abs(exponent) < 4 && value >= 1 ? Math.round(value).toLocaleString("en") : `${digits} × ${power(Number(exponent))}`;
  return value.toPrecision(3);
};
