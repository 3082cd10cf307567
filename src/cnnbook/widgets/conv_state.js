// The conv explorer's state: read from the model without trust, checked, compared with its goals.

import { isGrid, readCounts, rotate180, sameGrid, span } from "./convolve.js";

export const MOST = { side: 96, kernel: 7, step: 16 };
const EMPTY = [[0, 0, 0], [0, 1, 0], [0, 0, 0]];
const IDENTITY = [[1]];

const isPlace = (place) => Array.isArray(place) && place.length === 2 && place.every((v) => Number.isInteger(v) && v >= 0);
const tell = (value) => {
  const text = JSON.stringify(value, (_, v) => (Number.isFinite(v) || typeof v !== "number" ? v : String(v))) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
};

// what is found about a trait is found once, as long as it is the same object
export const once = (check) => {
  const known = new WeakMap();
  return (given) => {
    if (given === null || typeof given !== "object") return check(given);
    if (!known.has(given)) known.set(given, check(given));
    return known.get(given);
  };
};
const readImages = once((given) => {
  const problems = [];
  const named = given && typeof given === "object" && !Array.isArray(given) ? Object.entries(given) : [];
  const good = named.filter(([name, grid]) => isGrid(grid, MOST.side) || (problems.push(["image", name]), false));
  if (!good.length) problems.push(["noImage"]);
  return [new Map(good.length ? good : [["?", EMPTY]]), problems];
});

const readPresets = once((given) => {
  const named = given && typeof given === "object" && !Array.isArray(given) ? Object.entries(given) : [];
  return new Map(named.filter(([, grid]) => isGrid(grid, MOST.kernel)));
});

const readStep = (get, name, least, fallback, problems) => {
  const value = get(name);
  if (Number.isInteger(value) && value >= least && value <= MOST.step) return value;
  problems.push(["step", name, tell(value), fallback]);
  return fallback;
};

// Everything that the output depends on, and a list of problems [key, ...numbers] in what was given.
export const readState = (get) => {
  const problems = [];
  const [images, wrong] = readImages(get("images"));
  problems.push(...wrong);
  let name = get("image_name");
  if (!images.has(name)) {
    problems.push(["imageName", tell(name), [...images.keys()][0]]);
    name = [...images.keys()][0];
  }
  let kernel = get("kernel");
  if (!isGrid(kernel, MOST.kernel)) {
    problems.push(["kernel", tell(kernel)]);
    kernel = IDENTITY;
  }
  const state = {
    images,
    name,
    image: images.get(name),
    kernel,
    presets: readPresets(get("kernel_presets")),
    stride: readStep(get, "stride", 1, 1, problems),
    padding: readStep(get, "padding", 0, 0, problems),
    dilation: readStep(get, "dilation", 1, 1, problems),
    flip: get("flip") === true,
  };
  return { ...state, problems };
};

export const options = ({ stride, padding, dilation }) => ({ stride, padding, dilation });
export const used = ({ kernel, flip }) => (flip ? rotate180(kernel) : kernel);

// null where the kernel fits, else what is too long: [axis, span, size, padding]
export const misfit = ({ image, kernel, padding, dilation }) => {
  for (const [axis, size, length] of [["rows", image.length, kernel.length], ["cols", image[0].length, kernel[0].length]])
    if (span(length, dilation) > size + 2 * padding) return [axis, span(length, dilation), size, padding];
  return null;
};

// A place of the model as a cell of the map, or null.
export const readPlace = (place, rows, cols) =>
  isPlace(place) && rows && cols ? [Math.min(place[0], rows - 1), Math.min(place[1], cols - 1)] : null;

// Cells of the image that no window reads: how many, and whether one of them does.
export const unreadCells = ({ image, kernel, stride, padding, dilation }) => {
  const [down, across] = [
    readCounts(image.length, kernel.length, stride, padding, dilation),
    readCounts(image[0].length, kernel[0].length, stride, padding, dilation),
  ];
  const seen = [down, across].map((counts) => counts.filter((count) => count > 0).length);
  return { count: down.length * across.length - seen[0] * seen[1], at: (i, j) => down[i] === 0 || across[j] === 0 };
};

// Change a kernel's size; its numbers stay in the middle, new cells are 0.
export const resize = (kernel, rows, cols) => {
  const top = Math.floor((rows - kernel.length) / 2);
  const left = Math.floor((cols - kernel[0].length) / 2);
  return Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (__, j) => kernel[i - top]?.[j - left] ?? 0));
};

const total = (grid) => grid.flat().reduce((sum, value) => sum + value, 0);
const anyValue = (y) => y.some((row) => row.some((value) => Math.abs(value) > 1e-9));
const hasShape = (grid, shape) => !shape || (grid.length === shape[0] && grid[0].length === shape[1]);

// Each kind of goal, by what it asks of the state and the output y.
const REACHED = {
  output_shape: ({ shape }, state, y) => y.length > 0 && hasShape(y, shape),
  same_shape: (_, state, y) => y.length > 0 && hasShape(y, [state.image.length, state.image[0].length]),
  flat_zero: (_, state, y) => Math.abs(total(state.kernel)) < 1e-9 && anyValue(y),
  unread: ({ cells = 1 }, state, y) => y.length > 0 && unreadCells(state).count >= cells,
  flip_same: (_, state) => anyValue(state.kernel) && state.kernel.flat().length > 1 && sameGrid(state.kernel, rotate180(state.kernel)),
};
export const KINDS = Object.keys(REACHED);

// What a goal asks the reader to choose: these goals a kernel, the others sizes.
const theKernel = ({ kernel }) => kernel;
const theSizes = ({ image, kernel, stride, padding, dilation }) => [image.length, image[0].length, kernel.length, kernel[0].length, stride, padding, dilation];
const ASKED = { flat_zero: theKernel, flip_same: theKernel };

// Whether the reader has changed what the goal asks for: where the widget starts earns nothing.
export const changedSince = (goal, state, start) => {
  const asked = ASKED[goal.kind] ?? theSizes;
  return JSON.stringify(asked(state)) !== JSON.stringify(asked(start));
};

export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter((goal) => goal && typeof goal.text === "string" && typeof goal.id === "string" && KINDS.includes(goal.kind) && (goal.kind !== "output_shape" || isPlace(goal.shape)));

export const goalReached = (goal, state, y) =>
  hasShape(state.kernel, goal.kernel_shape) && hasShape(state.image, goal.image_shape) && REACHED[goal.kind](goal, state, y);
