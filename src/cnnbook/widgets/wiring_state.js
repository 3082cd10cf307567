// The channel wiring without the page: state read without trust, goals.

import { measure } from "./wiring_graph.js";

export const CHANNELS = [4, 6, 8, 12];
export const KERNELS = [1, 3];
export const MOST = { channels: 12, layers: 3, size: 512 };
export const DENSE = { kernel_size: 3, groups: 1, shuffle: false };
const START = { channels: 12, layers: [DENSE], size: 28 };
export const TRAITS = [...Object.keys(START), "selected", "concealed"];

const isLayer = (layer, i, channels) =>
  layer !== null && typeof layer === "object" && KERNELS.includes(layer.kernel_size) && Number.isInteger(layer.groups) && layer.groups >= 1 && channels % layer.groups === 0 &&
  typeof layer.shuffle === "boolean" && !(i === 0 && layer.shuffle);
const isStack = (layers, channels) => Array.isArray(layers) && layers.length >= 1 && layers.length <= MOST.layers && layers.every((layer, i) => isLayer(layer, i, channels));

// Everything that is shown, and a list of problems [trait, given, used] in what was given.
export const readState = (get) => {
  const problems = [];
  const take = (name, good) => {
    if (good(get(name))) return get(name);
    problems.push([name, get(name), START[name]]);
    return START[name];
  };
  const channels = take("channels", (value) => CHANNELS.includes(value));
  const layers = take("layers", (value) => isStack(value, channels)).map(({ kernel_size, groups, shuffle }) => ({ kernel_size, groups, shuffle }));
  const size = take("size", (value) => Number.isInteger(value) && value >= 1 && value <= MOST.size);
  const place = get("selected");
  const selected = Number.isInteger(place) ? Math.max(-1, Math.min(place, channels - 1)) : -1;
  return { channels, layers, size, selected, concealed: get("concealed") === true, problems };
};

// The stack for another number of channels: ends stay ends, others become the nearest divisor.
export const fitted = (layers, from, to) =>
  layers.map((layer) => {
    if (to % layer.groups === 0 && layer.groups !== from) return layer;
    const nearest = Array.from({ length: to }, (_, i) => i + 1).filter((groups) => to % groups === 0 && groups <= layer.groups).at(-1);
    return { ...layer, groups: layer.groups === from ? to : nearest };
  });

// ---- goals: { id, text, kind, layers, field, share, groups }
const KINDS = ["all_see_all"];
export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter((goal) => goal && typeof goal.text === "string" && typeof goal.id === "string" && KINDS.includes(goal.kind));
export const goalReached = ({ layers: count, field, share, groups = 1 }, { channels, layers }, found) =>
  found.full === channels &&
  (count === undefined || layers.length === count) &&
  (field === undefined || found.field === field) &&
  (share === undefined || found.parameters <= share * found.dense + 1e-9) &&
  layers.every((layer) => layer.groups >= groups);
// Where the widget starts earns nothing.
const stackOf = ({ channels, layers }) => JSON.stringify([channels, layers]);
export const changedSince = (state, start) => stackOf(state) !== stackOf(start);
// a state as plain data -> what is counted, and the ids of the goals that it meets
export const judge = (traits, goals) => {
  const state = readState((name) => traits[name]);
  const found = measure(state.channels, state.layers, state.size);
  return { found: { ...found, graph: undefined }, reached: readGoals(goals).filter((goal) => goalReached(goal, state, found)).map(({ id }) => id) };
};
