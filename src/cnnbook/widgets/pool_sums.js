// The arithmetic of pooling, forward and backward: no page, no state. Proved equal to cnnbook.reference.

const pair = (value) => (Array.isArray(value) ? value : [value, value]);
// rows of numbers, all equally long, at most `most` a side
export const LARGEST = 1e6;
export const isGrid = (grid, most) =>
  Array.isArray(grid) && grid.length > 0 && grid.length <= most && grid.every((row) => Array.isArray(row) && row.length > 0 && row.length <= most && row.length === grid[0].length && row.every((value) => Number.isFinite(value) && Math.abs(value) <= LARGEST));
const sum = (values) => values.reduce((total, value) => total + value, 0);

// positions of a window along one axis, as torch counts them; 0 where none fits
export const countOutputs = (size, kernel, stride, padding, ceilMode) => {
  const outputs = Math.floor((size + 2 * padding - kernel + (ceilMode ? stride - 1 : 0)) / stride) + 1;
  // a last window that would start behind the last input is dropped
  return Math.max(0, ceilMode && (outputs - 1) * stride >= size + padding ? outputs - 1 : outputs);
};
// [start, stop] of each window in cells of the axis; those below 0 or from `size` on are padding
export const fixedWindows = (size, kernel, stride, padding, ceilMode) =>
  Array.from({ length: countOutputs(size, kernel, stride, padding, ceilMode) }, (_, i) => [i * stride - padding, i * stride - padding + kernel]);
export const adaptiveWindows = (size, outputs) =>
  Array.from({ length: outputs }, (_, i) => [Math.floor((i * size) / outputs), Math.ceil(((i + 1) * size) / outputs)]);

// settings -> the windows along both axes, and how far the padding goes; null where no window fits
export const layOut = ([h, w], settings) => {
  if (settings.windows === "fixed") {
    const [kernel, stride, padding] = ["kernel_size", "stride", "padding"].map((name) => pair(settings[name]));
    const axes = [h, w].map((size, axis) => fixedWindows(size, kernel[axis], stride[axis], padding[axis], settings.ceil_mode));
    const legal = kernel.every((size, axis) => padding[axis] <= Math.floor(size / 2));
    return legal && axes.every((each) => each.length) ? { axes, padding } : null;
  }
  const outputs = pair(settings.windows === "global" ? 1 : settings.output_size);
  return { axes: [h, w].map((size, axis) => adaptiveWindows(size, outputs[axis])), padding: [0, 0] };
};

// how many of a window's places lie inside the axis, in its padding, and behind the padding
const parts = ([start, stop], size, padding) => {
  const within = (low, high) => Math.max(0, Math.min(stop, high) - Math.max(start, low));
  return { inside: within(0, size), known: within(-padding, size + padding), all: stop - start };
};
const places = ([start, stop]) => Array.from({ length: stop - start }, (_, i) => start + i);

// One output: its value, and the share of its gradient that each cell gets.
// { value, cells: all of the window, shares: [{ cell, share }], ties: cells, padded, over, lost, divisor }
const poolWindow = (x, down, across, settings, padding) => {
  const rows = parts(down, x.length, padding[0]);
  const cols = parts(across, x[0].length, padding[1]);
  const cells = places(down).flatMap((i) => places(across).map((j) => [i, j]));
  const inside = cells.filter(([i, j]) => x[i]?.[j] !== undefined);
  const known = rows.known * cols.known; // in the input or its padding
  const common = { cells, inside: inside.length, padded: known - inside.length, over: cells.length - known };
  const values = inside.map(([i, j]) => x[i][j]);
  if (settings.pool === "average") {
    const divisor = settings.windows === "fixed" && settings.count_include_pad ? known : inside.length;
    const shares = inside.map((cell) => ({ cell, share: 1 / divisor }));
    return { ...common, value: sum(values) / divisor, shares, ties: [], divisor, lost: (divisor - inside.length) / divisor };
  }
  const value = settings.pool === "max" ? Math.max(...values) : Math.min(...values);
  const ties = inside.filter(([i, j]) => x[i][j] === value); // torch gives all to the first, in row order
  return { ...common, value, shares: [{ cell: ties[0], share: 1 }], ties, divisor: 1, lost: 0 };
};

// x: rows of numbers -> rows of outputs, [] where no window fits
export const pool = (x, settings) => {
  const plan = layOut([x.length, x[0].length], settings);
  return plan ? plan.axes[0].map((down) => plan.axes[1].map((across) => poolWindow(x, down, across, settings, plan.padding))) : [];
};
export const forward = (x, settings) => pool(x, settings).map((row) => row.map(({ value }) => value));

const blank = (x) => x.map((row) => row.map(() => 0));
// each output's gradient to its cells; where windows overlap shares add up
export const spread = (x, routes, dy) => {
  const dx = blank(x);
  routes.forEach((row, i) => row.forEach(({ shares }, j) => shares.forEach(({ cell: [r, c], share }) => (dx[r][c] += share * dy[i][j]))));
  return dx;
};
export const backward = (x, settings, dy) => spread(x, pool(x, settings), dy);

export const total = (grid) => sum(grid.map(sum));
// how many windows read each input
export const readCounts = (x, routes) => {
  const counts = blank(x);
  for (const { cells } of routes.flat()) for (const [i, j] of cells) if (counts[i]?.[j] !== undefined) counts[i][j] += 1;
  return counts;
};
// what an input gets, and from whom: [{ output, share, given }]
export const sources = ([r, c], routes, dy) =>
  routes.flatMap((row, i) =>
    row.flatMap(({ shares }, j) => shares.filter(({ cell }) => cell[0] === r && cell[1] === c).map(({ share }) => ({ output: [i, j], share, given: share * dy[i][j] }))),
  );
// what each counted place of the padding swallows: a map from "row,column", places outside the input
export const leaks = (x, routes, dy, [above, left]) => {
  const lost = new Map();
  const counted = ([r, c]) => x[r]?.[c] === undefined && r < x.length + above && c < x[0].length + left;
  routes.forEach((row, i) =>
    row.forEach((route, j) => {
      if (route.lost) for (const cell of route.cells.filter(counted)) lost.set(String(cell), (lost.get(String(cell)) ?? 0) + dy[i][j] / route.divisor);
    }),
  );
  return lost;
};
