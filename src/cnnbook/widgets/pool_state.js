// The pool router without the page: state read without trust, what it measures, goals.

import { forward, isGrid, layOut, leaks, pool, readCounts, sources, spread, total } from "./pool_sums.js";

export const MOST = { side: 7, outputs: 8 };
export const RANGES = { kernel_size: [1, 4], stride: [1, 4], padding: [0, 2], output_size: [1, 7] };
export const CHOICES = { pool: ["max", "min", "average"], windows: ["fixed", "global", "adaptive"], view: ["one", "all"] };
const START = {
  x: [[1, 3, 2, 0], [4, 0, 1, 5], [2, 7, 3, 1], [7, 1, 0, 2]],
  ...{ pool: "max", windows: "fixed", kernel_size: 2, stride: 2, padding: 0, ceil_mode: false, count_include_pad: true, output_size: 4, view: "one" },
};
export const SETTINGS = ["pool", "windows", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "output_size"];
export const TRAITS = [...Object.keys(START), "dy", "selected", "concealed"];

const isPlace = (place) => Array.isArray(place) && place.length === 2 && place.every((v) => Number.isInteger(v) && v >= 0);
const good = (name, value) => {
  if (name === "x") return isGrid(value, MOST.side);
  if (RANGES[name]) return Number.isInteger(value) && value >= RANGES[name][0] && value <= RANGES[name][1];
  return CHOICES[name] ? CHOICES[name].includes(value) : typeof value === "boolean";
};
const sizeOf = (x) => [x.length, x[0].length];
export const fits = (state) => layOut(sizeOf(state.x), state) !== null;

// Everything that is shown, and a list of problems [trait, given, used] in what was given.
export const readState = (get) => {
  const problems = [];
  const state = {};
  for (const [name, spare] of Object.entries(START)) {
    state[name] = good(name, get(name)) ? get(name) : spare;
    if (state[name] !== get(name)) problems.push([name, get(name), spare]);
  }
  if (!fits(state)) {
    problems.push(["windows", state.windows, "global"]);
    state.windows = "global";
  }
  const y = forward(state.x, state);
  const shaped = (dy) => isGrid(dy, MOST.outputs) && dy.length === y.length && dy[0].length === y[0].length;
  const dy = get("dy");
  state.ones = !shaped(dy);
  if (state.ones && !(Array.isArray(dy) && dy.length === 0)) problems.push(["dy", dy, []]);
  state.dy = state.ones ? y.map((row) => row.map(() => 1)) : dy;
  const place = get("selected");
  state.selected = isPlace(place) ? [Math.min(place[0], y.length - 1), Math.min(place[1], y[0].length - 1)] : null;
  return { ...state, concealed: get("concealed") === true, problems };
};

const alone = (dy, at) => dy.map((row, i) => row.map((value, j) => (at && at[0] === i && at[1] === j ? value : 0)));
const sendBack = (x, routes, dy, padding) => ({ dy, dx: spread(x, routes, dy), lost: leaks(x, routes, dy, padding) });

// what left the outputs, what arrived at the inputs, and the rest
const sums = ({ dy, dx }) => {
  const [sent, arrived] = [total(dy), total(dx)];
  const scale = 1 + dy.flat().reduce((sum, value) => sum + Math.abs(value), 0);
  return { dy: sent, dx: arrived, lost: Math.abs(sent - arrived) < 1e-9 * scale ? 0 : sent - arrived };
};
// { routes, y, padding, counts, all, one: { dy, dx, lost } of all outputs or the chosen one,
//   facts: of all outputs, shown: the same with the sums of the chosen one where it alone sends }
export const compute = (state) => {
  const { x, dy, selected } = state;
  const { axes, padding } = layOut(sizeOf(x), state);
  const routes = pool(x, state);
  const counts = readCounts(x, routes);
  const all = sendBack(x, routes, dy, padding);
  const given = x.map((row, i) => row.map((_, j) => sources([i, j], routes, dy)));
  const cells = counts.flat();
  const facts = {
    ...sums(all),
    unread: cells.filter((count) => count === 0).length,
    passed: cells.filter((count, i) => count > 0 && given.flat()[i].length === 0).length,
    most: Math.max(...given.flat().map((each) => each.length)),
    cells: cells.length,
  };
  const one = sendBack(x, routes, alone(dy, selected), padding);
  return { axes, padding, routes, y: routes.map((row) => row.map(({ value }) => value)), counts, given, all, one, facts, shown: state.view === "one" ? { ...facts, ...sums(one) } : facts };
};

// Change x's size; new cells get digits that follow no simple rule.
export const resize = (x, rows, cols) => Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (__, j) => x[i]?.[j] ?? (5 * i * i + 3 * j * j + 2 * i * j + 4) % 10));

// ---- goals: { id, text, kind, outputs, cells }
const same = (a, b) => String(a.map((row) => row.length)) === String(b.map((row) => row.length)) && a.every((row, i) => row.every((value, j) => Math.abs(value - b[i][j]) < 1e-12));
const REACHED = {
  sum_lost: (_, state, { facts }) => facts.lost !== 0,
  unread_kept: ({ cells = 1 }, state, { facts }) => facts.unread >= cells && facts.lost === 0,
  wins: ({ outputs = 4 }, state, { facts }) => state.pool !== "average" && facts.most >= outputs,
  tie_moves: (_, state, found, before) => before !== null && same(found.y, before.found.y) && !same(found.all.dx, before.found.all.dx),
};
export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter((goal) => goal && typeof goal.text === "string" && typeof goal.id === "string" && Object.hasOwn(REACHED, goal.kind));
// before: { state, found } of the moment before, where the reader has changed one number of x, else null
export const goalReached = (goal, state, found, before = null) => REACHED[goal.kind](goal, state, found, before);
const chosen = (state) => JSON.stringify([state.x, state.dy, ...SETTINGS.map((name) => state[name])]);
// Where the widget starts earns nothing.
export const changedSince = (state, start) => chosen(state) !== chosen(start);
// whether one number of x is all that changed
export const oneNumber = (state, before) =>
  chosen({ ...state, x: before.x }) === chosen(before) && String(sizeOf(state.x)) === String(sizeOf(before.x)) && state.x.flat().filter((value, i) => value !== before.x.flat()[i]).length === 1;
