// The arithmetic behind the widgets: no page, no state. Proved equal to cnnbook.reference.
// Cross-correlation, as in every deep-learning library; turn the kernel by rotate180 to convolve.

const pair = (value) => (Array.isArray(value) ? value : [value, value]);
const setup = ({ stride = 1, padding = 0, dilation = 1 } = {}) => [pair(stride), pair(padding), pair(dilation)];

// cells from the first to the last that one window touches
export const span = (kernel, dilation = 1) => dilation * (kernel - 1) + 1;

// positions of a window along one axis; 0 where the kernel does not fit
export const outputSize = (size, kernel, stride = 1, padding = 0, dilation = 1) => {
  const free = size + 2 * padding - span(kernel, dilation);
  return free < 0 ? 0 : Math.floor(free / stride) + 1;
};

export const outputShape = (rows, cols, kernel, options) => {
  const [stride, padding, dilation] = setup(options);
  return [
    outputSize(rows, kernel.length, stride[0], padding[0], dilation[0]),
    outputSize(cols, kernel[0].length, stride[1], padding[1], dilation[1]),
  ];
};

let kept = {}; // the last image, padded: a kernel is edited far more often than an image
const padded = (image, [above, left]) => {
  if (kept.image === image && kept.above === above && kept.left === left) return kept.padded;
  const width = image[0].length + 2 * left;
  const flat = new Float64Array((image.length + 2 * above) * width);
  image.forEach((row, i) => flat.set(row, (i + above) * width + left));
  kept = { image, above, left, padded: [flat, width] };
  return kept.padded;
};

// image and kernel: arrays of rows; the result too (of Float64Array), none where the kernel does not fit
export const convolve = (image, kernel, options) => {
  const [stride, padding, dilation] = setup(options);
  const [rows, cols] = outputShape(image.length, image[0].length, kernel, options);
  if (!rows || !cols) return [];
  const [flat, width] = padded(image, padding);
  const out = new Float64Array(rows * cols);
  kernel.forEach((row, a) =>
    row.forEach((weight, b) => addShifted(out, cols, flat, a * dilation[0] * width + b * dilation[1], [stride[0] * width, stride[1]], weight)),
  );
  return Array.from({ length: rows }, (_, i) => out.subarray(i * cols, (i + 1) * cols));
};
// add to each output what one kernel cell reads for it, times its weight
const addShifted = (out, cols, flat, start, [down, across], weight) => {
  if (weight === 0) return;
  for (let to = 0, line = start; to < out.length; line += down) {
    const end = to + cols;
    for (let from = line; to < end; to += 1, from += across) out[to] += weight * flat[from];
  }
};

// what output `at` reads: [{ cell: [row, column] of the image, tap: [row, column] of the kernel }];
// a cell outside the image is padding
export const windowOf = ([i, j], kernel, options) => {
  const [stride, padding, dilation] = setup(options);
  return kernel.flatMap((row, a) =>
    row.map((_, b) => ({
      cell: [i * stride[0] - padding[0] + a * dilation[0], j * stride[1] - padding[1] + b * dilation[1]],
      tap: [a, b],
    })),
  );
};

// outputs along one axis that read cell `index`, as [output, kernel position], ascending
export const readersAlong = (index, size, kernel, stride, padding, dilation) => {
  const outputs = outputSize(size, kernel, stride, padding, dilation);
  const found = [];
  for (let tap = kernel - 1; tap >= 0; tap -= 1) {
    const start = index + padding - tap * dilation;
    if (start >= 0 && start % stride === 0 && start / stride < outputs) found.push([start / stride, tap]);
  }
  return found;
};

// which outputs read image cell `at`: [{ output: [i, j], tap: [a, b] }], row by row
export const readersOf = ([row, col], rows, cols, kernel, options) => {
  const [stride, padding, dilation] = setup(options);
  const down = readersAlong(row, rows, kernel.length, stride[0], padding[0], dilation[0]);
  const across = readersAlong(col, cols, kernel[0].length, stride[1], padding[1], dilation[1]);
  return down.flatMap(([i, a]) => across.map(([j, b]) => ({ output: [i, j], tap: [a, b] })));
};

// how many outputs read each cell of one axis; a picture's counts are the products of its axes'
export const readCounts = (size, kernel, stride, padding, dilation) =>
  Array.from({ length: size }, (_, index) => readersAlong(index, size, kernel, stride, padding, dilation).length);

// cells at the far end of an axis that lie behind the last window, padding not counted
export const droppedCells = (size, kernel, stride, padding, dilation) => {
  const free = size + 2 * padding - span(kernel, dilation);
  return free < 0 ? 0 : Math.max(0, (free % stride) - padding);
};

export const rotate180 = (kernel) => kernel.map((row) => [...row].reverse()).reverse();

// rows of numbers, all equally long, at most `most` a side
export const LARGEST = 1e6; // of any number in an image or a kernel
const isNumber = (value) => Number.isFinite(value) && Math.abs(value) <= LARGEST;
export const isGrid = (grid, most) =>
  Array.isArray(grid) &&
  grid.length > 0 &&
  grid.length <= most &&
  grid.every((row) => Array.isArray(row) && row.length === grid[0].length && row.length > 0 && row.length <= most && row.every(isNumber));

export const sameGrid = (a, b) =>
  a.length === b.length && a.every((row, i) => row.length === b[i].length && row.every((v, j) => Math.abs(v - b[i][j]) < 1e-12));
