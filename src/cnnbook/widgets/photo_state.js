// Kernels on a photograph, without the page: state read without trust, the filtered picture, its scores.

import { convolve, isGrid, sameGrid } from "./convolve.js";

export const MOST = { side: 160, kernel: 7, bytes: 5 * 1024 * 1024 };
export const VIEWS = ["signed", "absolute", "clipped"];
export const OWN = "your own";
export const MAGNITUDE = "Sobel magnitude";
const MARGIN = 4; // cells at the border that no score counts: the zeros around the photo reach them
const FIRST_BLUR = [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((row) => row.map((v) => v / 16));
const SOBEL = { x: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], y: [[-1, -2, -1], [0, 0, 0], [1, 2, 1]] };
const CLEAR = 60; // a Sobel response that counts as an edge, in grey levels

// rows of Pascal's triangle, scaled to sum 1: 1 2 1, 1 4 6 4 1, …
const binomial = (size) => {
  let row = [1];
  while (row.length < size) row = [...row, 0].map((value, i) => value + (row[i - 1] ?? 0));
  return row.map((value) => value / 2 ** (size - 1));
};
const outer = (a, b) => a.map((x) => b.map((y) => x * y));
export const PRESETS = {
  identity: () => [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
  "box blur": (size) => outer(Array(size).fill(1 / size), Array(size).fill(1 / size)),
  "Gaussian blur": (size) => outer(binomial(size), binomial(size)),
  sharpen: () => [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
  "Sobel x": () => SOBEL.x,
  "Sobel y": () => SOBEL.y,
  [MAGNITUDE]: () => SOBEL.x,
  Laplacian: () => [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
  emboss: () => [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
};
export const SIZED = ["box blur", "Gaussian blur"];
// how a kernel's result is best looked at
export const viewOf = (name) => (name === MAGNITUDE ? "absolute" : ["Sobel x", "Sobel y", "Laplacian"].includes(name) ? "signed" : "clipped");

// bytes in base64, row after row -> rows of numbers; null if they are not that many
export const decode = ({ rows, cols, data } = {}) => {
  if (![rows, cols].every((side) => Number.isInteger(side) && side > 0 && side <= MOST.side)) return null;
  try {
    const bytes = atob(data);
    if (bytes.length !== rows * cols) return null;
    return Array.from({ length: rows }, (_, i) => Array.from({ length: cols }, (__, j) => bytes.charCodeAt(i * cols + j)));
  } catch {
    return null;
  }
};
export const encode = (pixels) => ({
  rows: pixels.length,
  cols: pixels[0].length,
  data: btoa(pixels.map((row) => String.fromCharCode(...row)).join("")),
});

// Whether flat areas give 0, so that a result shows edges and no brightness.
export const balanced = (kernel) => {
  const weights = kernel.flat();
  const [sum, size] = [weights.reduce((a, b) => a + b, 0), weights.reduce((a, b) => a + Math.abs(b), 0)];
  return Math.abs(sum) <= 1e-3 * size; // thirds typed as 0.333 still count
};
export const isPreset = (kernel) => Object.values(PRESETS).some((make) => sameGrid(kernel, make(kernel.length)));

const isOdd = (kernel) => kernel.length % 2 === 1 && kernel[0].length % 2 === 1;
export const readState = (get) => {
  const problems = [];
  const given = get("photos");
  const photos = new Map(given && typeof given === "object" && !Array.isArray(given) ? Object.entries(given) : []);
  let name = get("photo");
  let pixels = decode(photos.get(name) ?? undefined);
  if (!pixels) {
    const spare = [...photos].find(([, photo]) => decode(photo ?? undefined));
    problems.push(["photo", String(name), spare ? spare[0] : null]);
    [name, pixels] = spare ? [spare[0], decode(spare[1])] : ["?", outer(Array(40).fill(1), Array.from({ length: 60 }, (_, j) => 4 * j))];
  }
  let kernel = get("kernel");
  if (!isGrid(kernel, MOST.kernel) || !isOdd(kernel)) {
    problems.push(["kernel"]);
    kernel = PRESETS.identity();
  }
  const named = get("kernel_name");
  const kernelName = Object.hasOwn(PRESETS, named) && sameGrid(kernel, PRESETS[named](kernel.length)) ? named : OWN;
  const view = VIEWS.includes(get("view")) ? get("view") : VIEWS[0];
  const wipe = Number.isFinite(get("wipe")) ? Math.max(0, Math.min(get("wipe"), 1)) : 0.5;
  return { photos, name, pixels, kernel, kernelName, view, wipe, blurFirst: get("blur_first") === true, problems };
};

export const same = (pixels, kernel) => convolve(pixels, kernel, { padding: [(kernel.length - 1) / 2, (kernel[0].length - 1) / 2] });
const lengths = (a, b) => a.map((row, i) => row.map((value, j) => Math.hypot(value, b[i][j])));

// { source: what the kernel read (blurred first, or the photo itself), result }
export const compute = ({ pixels, kernel, kernelName, blurFirst }) => {
  const source = blurFirst ? same(pixels, FIRST_BLUR) : pixels;
  const result = kernelName === MAGNITUDE ? lengths(same(source, SOBEL.x), same(source, SOBEL.y)) : same(source, kernel);
  return { source, result };
};

// What each view shows of a value, and the range that its colours span.
export const shown = (result, view) =>
  view === "absolute" ? result.map((row) => row.map(Math.abs)) : view === "clipped" ? result.map((row) => row.map((v) => Math.max(0, Math.min(v, 255)))) : result;

const inner = (pixels, visit) => {
  for (let i = MARGIN; i < pixels.length - MARGIN; i += 1) for (let j = MARGIN; j < pixels[0].length - MARGIN; j += 1) visit(i, j);
};
// the picture without its border; all of it where little else is left
export const inside = (pixels) =>
  Math.min(pixels.length, pixels[0].length) > 4 * MARGIN ? pixels.slice(MARGIN, -MARGIN).map((row) => row.slice(MARGIN, -MARGIN)) : pixels;

// root of the mean squared difference, in grey levels, away from the border
export const rms = (a, b) => {
  let [sum, count] = [0, 0];
  inner(a, (i, j) => {
    sum += (a[i][j] - b[i][j]) ** 2;
    count += 1;
  });
  return count ? Math.sqrt(sum / count) : NaN;
};
// mean |result| on the photo's vertical edges / on its horizontal edges; NaN if it lacks either
export const leak = (pixels, result) => {
  const [gx, gy] = [same(pixels, SOBEL.x), same(pixels, SOBEL.y)];
  const sums = { vertical: [0, 0], horizontal: [0, 0] };
  inner(pixels, (i, j) => {
    const [x, y] = [Math.abs(gx[i][j]), Math.abs(gy[i][j])];
    const kind = x > 2 * y && x > CLEAR ? "vertical" : y > 2 * x && y > CLEAR ? "horizontal" : null;
    if (!kind) return;
    sums[kind][0] += Math.abs(result[i][j]);
    sums[kind][1] += 1;
  });
  const [vertical, horizontal] = [sums.vertical, sums.horizontal].map(([sum, count]) => sum / count);
  return vertical / horizontal;
};

export const scores = (state, { source, result }) => ({
  leak: balanced(state.kernel) ? leak(state.pixels, result) : NaN,
  blurError: state.blurFirst ? rms(source, state.pixels) : NaN,
  error: rms(result, state.pixels),
});

const REACHED = {
  keep_horizontal: ({ leak: most }, state, found) => !isPreset(state.kernel) && found.leak <= most,
  restore: ({ error: most }, state, found) => state.blurFirst && found.error <= most * found.blurError,
};
export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter((goal) => goal && typeof goal.text === "string" && typeof goal.id === "string" && Object.hasOwn(REACHED, goal.kind));
// What a goal asks the reader to choose: where the widget starts earns nothing.
const ASKED = { keep_horizontal: ({ kernel }) => kernel, restore: ({ kernel, name, blurFirst }) => [kernel, name, blurFirst] };
export const changedSince = ({ kind }, state, start) => JSON.stringify(ASKED[kind](state)) !== JSON.stringify(ASKED[kind](start));
export const goalReached = (goal, state, found) => REACHED[goal.kind](goal, state, found);
