// State of the norm block: reading it, changing the size of the block, judging goals.

import { each, forward, LARGEST, layOut, runningOf, sizeOf } from "./norm_sums.js";

export const MOST = [4, 6, 4]; // images, channels, places
const START = {
  x: [[[6, 3, 2, 5]], [[4, 1, 3, 2]], [[5, 2, 4, 1]]],
  ...{ axes: [0, 2], groups: 1, training: true, momentum: 0.1 },
};
export const SETTINGS = ["axes", "groups", "training", "momentum", "running"];
export const TRAITS = ["x", ...SETTINGS, "selected", "concealed"];

const isNumber = (v) => typeof v === "number" && Math.abs(v) <= LARGEST;
const isList = (v, most) => Array.isArray(v) && v.length > 0 && v.length <= most;
const even = (v) => v.every((part) => part.length === v[0].length);
const isBlock = (x) => isList(x, MOST[0]) && x.every((image) => isList(image, MOST[1]) && image.every((row) => isList(row, MOST[2]) && row.every(isNumber))) && even(x) && even(x.flat());
const GOOD = {
  x: isBlock,
  axes: (v) => Array.isArray(v) && String(v) === String([0, 1, 2].filter((axis) => v.includes(axis))),
  groups: (v, { x }) => Number.isInteger(v) && v > 0 && x[0].length % v === 0,
  training: (v) => typeof v === "boolean",
  momentum: (v) => isNumber(v) && v >= 0 && v <= 1,
};
const arePairs = (v, sets) => Array.isArray(v) && v.length === sets && v.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isNumber) && pair[1] >= 0);
const isPlace = (v) => Array.isArray(v) && v.length === 3 && v.every((part) => Number.isInteger(part) && part >= 0);

// Everything that is shown, and a list of problems [trait, given, used] in what was given.
export const readState = (get) => {
  const problems = [];
  const state = {};
  for (const [name, spare] of Object.entries(START)) {
    const given = get(name);
    state[name] = GOOD[name](given, state) ? given : spare;
    if (state[name] !== given) problems.push([name, given, spare]);
  }
  const { sets } = layOut(sizeOf(state.x), state);
  const running = get("running");
  state.running = arePairs(running, sets) ? running : [];
  if (state.running !== running && !(Array.isArray(running) && running.length === 0)) problems.push(["running", running, []]);
  const place = isPlace(get("selected")) ? get("selected") : [0, 0, 0];
  state.selected = place.map((v, i) => Math.min(v, sizeOf(state.x)[i] - 1));
  return { ...state, concealed: get("concealed") === true, problems };
};

// { shape, layout, y, used, batch, trained, set, at }: `set` is the followed value's, `now` its result
export const compute = (state) => {
  const shape = sizeOf(state.x);
  const layout = layOut(shape, state);
  const found = forward(state.x, state);
  const [n, c, p] = state.selected;
  const set = layout.of(n, c, p);
  const members = [];
  each(state.x, (value, ...at) => layout.of(...at) === set && members.push({ value, at }));
  const fresh = runningOf({ running: [] }, layout.sets);
  return { shape, layout, ...found, set, members, value: state.x[n][c][p], result: found.y[n][c][p], inTraining: (found.trained ?? found.y)[n][c][p], running: state.running.length ? state.running : fresh };
};

// Take or add images and places; what was seen there before comes back, else numbers of the channel.
export const resize = (x, images, places, memory) => {
  const [n, , p] = sizeOf(x);
  return Array.from({ length: images }, (_, i) => x[0].map((_, j) => Array.from({ length: places }, (_, k) => x[i]?.[j][k] ?? memory[i]?.[j]?.[k] ?? x[i % n][j][(i + k) % p])));
};
// What has been seen at each place, the newest first.
export const remember = (memory, x) => {
  const longest = (a, b) => Array.from({ length: Math.max(a?.length ?? 0, b?.length ?? 0) });
  return longest(memory, x).map((_, i) => longest(memory[i], x[i]).map((_, j) => longest(memory[i]?.[j], x[i]?.[j]).map((_, k) => x[i]?.[j]?.[k] ?? memory[i]?.[j]?.[k])));
};

// Other numbers, of the size that the channel had at the start.
export const draw = (x, ranges, random) =>
  each(x, (_, n, c) => {
    const [low, high] = ranges[c] ?? [0, 9];
    const unit = high - low < 2 ? 0.1 : 1;
    return Math.round((low + random() * (high - low)) / unit) / Math.round(1 / unit);
  });
export const rangesOf = (x) => x[0].map((_, c) => ((all) => [Math.min(...all), Math.max(...all)])(x.flatMap((image) => image[c])));

// ---- what the reader has changed: base is the state since which only numbers of x differ
const settingOf = (state) => JSON.stringify([SETTINGS.map((name) => state[name]), state.selected, sizeOf(state.x)]);
const near = (a, b) => Math.abs(a - b) <= 1e-9 * (1 + Math.abs(a));
export const changes = (base, now) => {
  const edited = [];
  each(now.state.x, (value, ...[n, c, p]) => value !== base.state.x[n][c][p] && edited.push([n, c, p]));
  const moved = each(now.found.y, (value, n, c, p) => !near(value, base.found.y[n][c][p]));
  return { edited, moved, others: edited.filter(([n]) => n !== now.state.selected[0]).length, from: base.found.result };
};
export const begin = (now) => ({ base: now, last: now, ends: [] });
// what is remembered after a change; whole: all numbers were drawn anew
export const advance = ({ base, last, ends }, now, whole = false) => {
  if (!whole && settingOf(now.state) === settingOf(last.state)) return { base, last: now, ends };
  const { axes, groups, x } = now.state;
  const alone = settingOf({ ...now.state, groups: last.state.groups, running: last.state.running }) === settingOf(last.state);
  const regrouped = alone && groups !== last.state.groups && axes.join() === "1,2";
  const end = regrouped ? { 1: "layer", [x[0].length]: "instance" }[groups] : null;
  return { base: now, last: now, ends: end && !ends.includes(end) ? [...ends, end] : ends };
};

const isBatch = ({ axes }) => axes.join() === "0,2";
const REACHED = {
  sign_turned: ({ state, found }, { edited, others, from }) => state.training && isBatch(state) && others > 0 && others === edited.length && found.result * from < 0,
  freed: ({ state, found }, { others }) => others > 0 && !state.axes.includes(0) && found.used[found.set][1] > 0,
  both_ends: (now, made, { ends }) => ends.length === 2,
  agreed: ({ state, found }) => !state.training && isBatch(state) && state.running.length > 0 && found.batch[found.set][1] > 0 && Math.abs(found.result - found.inTraining) < 0.1,
};
export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter((goal) => goal && typeof goal.text === "string" && typeof goal.id === "string" && Object.hasOwn(REACHED, goal.kind));
export const goalReached = (goal, now, memory) => REACHED[goal.kind](now, changes(memory.base, now), memory);
// Where the widget starts earns nothing: nothing was changed yet.
export const started = (now, start) => now.state !== start.state;
