// The fit explorer's state, read without trust; the refits in small portions; the goals.

import { CAPACITIES, CURVES, decompose, errorsOf, MOST, refit, REFITS, sample } from "./fit_numbers.js";

export const HIGHEST = 2.5; // |y| of a sample that the reader places
export const FEWEST = 2;
export const LIMITS = { degree: [0, MOST.degree], width: [1, MOST.width], samples: [FEWEST, MOST.samples], noise: [0, 0.6], ridge: [0, 10], seed: [0, 999] };
export const START = { curve: "wave", family: "polynomial", degree: 12, width: 15, samples: 15, noise: 0.3, ridge: 0, seed: 0 };
const WHOLE = ["degree", "width", "samples", "seed"];

const isNumber = (name, value) => Number.isFinite(value) && value >= LIMITS[name][0] && value <= LIMITS[name][1] && (!WHOLE.includes(name) || Number.isInteger(value));
export const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite) && Math.abs(point[0]) <= 1 && Math.abs(point[1]) <= HIGHEST;
const named = { curve: CURVES, family: CAPACITIES };

// problems: [trait, what stands in for it]
export const readState = (get) => {
  const problems = [];
  const state = {};
  for (const [name, spare] of Object.entries(START)) {
    const value = get(name);
    const good = name in named ? Object.hasOwn(named[name], value) : isNumber(name, value);
    if (!good) problems.push([name, spare]);
    state[name] = good ? value : spare;
  }
  const points = get("points") ?? [];
  const good = Array.isArray(points) && points.every(isPoint) && (points.length === 0 || (points.length >= FEWEST && points.length <= MOST.samples));
  if (!good) problems.push(["points", ""]);
  const own = good && points.length > 0;
  const { x, y } = own ? { x: Float64Array.from(points, ([at]) => at), y: Float64Array.from(points, ([, at]) => at) } : sample(state.curve, state.seed, state.samples, state.noise);
  const count = x.length;
  const selected = get("selected");
  const capacity = state.family === "polynomial" ? state.degree : state.width;
  return { ...state, x, y, own, count, capacity, selected: Number.isInteger(selected) && selected >= 0 && selected < count ? selected : -1, concealed: get("concealed") === true, problems };
};

// The capacities that the errors are drawn for: the slider's, and the present one.
export const capacitiesOf = ({ family, capacity }) => [...new Set([...CAPACITIES[family], capacity])].sort((a, b) => a - b);

// What is measured in portions. ask(state) says what is wanted: the errors of these samples and the
// refits, the present capacity first; work(until) goes on until that time and says whether more
// is to do. What is known of an older question stays until the new answer is there.
export const createMeasures = (now = () => performance.now()) => {
  const found = { errors: new Map(), refits: new Map() };
  const keys = { errors: "", refits: "" };
  const stale = { errors: new Set(), refits: new Set() };
  let state = null;
  let queue = [];
  let partial = null; // { capacity, values }

  const renew = (kind, key, capacities) => {
    if (keys[kind] === key) return;
    keys[kind] = key;
    stale[kind] = new Set([...found[kind].keys()].filter((capacity) => capacities.includes(capacity)));
    for (const capacity of found[kind].keys()) if (!stale[kind].has(capacity)) found[kind].delete(capacity);
    if (kind === "refits") partial = null;
  };
  const lacks = (kind, capacity) => !found[kind].has(capacity) || stale[kind].has(capacity);
  const ask = (wanted) => {
    state = wanted;
    const { family, curve, noise, ridge, count, capacity, x, y } = state;
    const capacities = capacitiesOf(state);
    const setting = [family, curve, noise, ridge];
    if (!keys.refits.startsWith(`${family},`)) for (const kind of ["errors", "refits"]) found[kind].clear();
    renew("errors", [...setting, [...x], [...y]].join(), capacities);
    renew("refits", [...setting, count].join(), capacities);
    const order = [capacity, ...capacities.filter((other) => other !== capacity)];
    const jobs = (kind, list) => list.filter((each) => lacks(kind, each)).map((each) => [kind, each]);
    queue = [...jobs("errors", [capacity]), ...jobs("refits", [capacity]), ...jobs("errors", order.slice(1)), ...jobs("refits", order.slice(1))];
  };
  const settle = (kind, capacity, answer) => {
    found[kind].set(capacity, answer);
    stale[kind].delete(capacity);
    queue.shift();
  };
  const step = () => {
    const [kind, capacity] = queue[0];
    if (kind === "errors") return settle(kind, capacity, errorsOf(state, capacity, state));
    if (partial?.capacity !== capacity) partial = { capacity, values: [] };
    partial.values.push(refit(state, capacity, partial.values.length));
    if (partial.values.length === REFITS) settle(kind, capacity, decompose(state, partial.values));
    return undefined;
  };
  const work = (until) => {
    if (queue.length) step(); // the errors of the fit that is shown come first
    while (queue.length && now() < until) step();
    return queue.length > 0;
  };
  const known = (kind, capacity) => (lacks(kind, capacity) ? null : found[kind].get(capacity));
  // old: what an earlier setting had there
  const shown = (kind, capacity) => ({ ...found[kind].get(capacity), old: lacks(kind, capacity) });
  return { ask, work, known, shown, left: () => queue.length };
};

// what was measured and visited -> whether the goal is met; what is not measured yet meets none
const isWave = ({ curve }) => curve === "wave";
const close = (a, b) => Math.abs(a - b) < 1e-9;
const REACHED = {
  lowest: ({ samples, noise }, state, { known, visited }) => {
    if (!isWave(state) || state.family !== "polynomial" || state.count !== samples || !close(state.noise, noise) || state.ridge > 0) return false;
    const errors = CAPACITIES.polynomial.map((capacity) => known(capacity)?.expected ?? NaN);
    const beside = [state.capacity - 1, state.capacity + 1].filter((capacity) => CAPACITIES.polynomial.includes(capacity));
    return beside.every(visited) && errors.every((error) => error >= errors[state.capacity]);
  },
  tame: ({ degree, noise, error }, state, { known }) =>
    isWave(state) && state.family === "polynomial" && state.degree === degree && close(state.noise, noise) && known(degree)?.expected <= error,
  underfit: ({ samples }, state, { known }) => {
    const found = known(state.capacity);
    return state.count >= samples && found?.bias2 > found?.variance + found?.noise2;
  },
  interpolate: ({ samples, noise, error }, state, { known, train }) =>
    isWave(state) && !state.own && state.count >= samples && state.noise >= noise - 1e-9 && state.capacity + 1 > state.count && train < 1e-6 && known(state.capacity)?.expected <= error,
};
export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter((goal) => goal && typeof goal.text === "string" && typeof goal.id === "string" && Object.hasOwn(REACHED, goal.kind));
// Where the widget starts earns nothing: the reader must have changed what is fitted.
const asked = ({ curve, family, capacity, count, noise, ridge }) => [curve, family, capacity, count, noise, ridge].join();
export const changedSince = (state, start) => asked(state) !== asked(start);
export const goalReached = (goal, state, seen) => REACHED[goal.kind](goal, state, seen) === true;
// The capacities that the reader has had before their eyes, since all else is as it is.
export const createVisits = () => {
  const seen = new Set();
  let key = "";
  const note = ({ curve, family, capacity, count, noise, ridge, concealed }) => {
    const setting = [curve, family, count, noise, ridge].join();
    if (setting !== key) seen.clear();
    key = setting;
    if (!concealed) seen.add(capacity);
  };
  return { note, has: (capacity) => seen.has(capacity) };
};
