// Normalisation of a block x (N, C, P) in sets: sums without a page, equal to cnnbook.reference.

export const EPS = 1e-5;
export const LARGEST = 1e6;

export const sizeOf = (x) => [x.length, x[0].length, x[0][0].length];
export const each = (x, f) => x.map((image, n) => image.map((row, c) => row.map((value, p) => f(value, n, c, p))));
const parts = ({ axes, groups }, channels) => (axes.includes(1) ? groups : channels);

// How the sets lie: of(n, c, p) is the number of a cell's set; without the batch's axis, n counts too.
export const layOut = (shape, setting) => {
  const [n, c, p] = shape;
  const groups = parts(setting, c);
  const members = c / groups;
  const batch = setting.axes.includes(0);
  const line = setting.axes.includes(2);
  return {
    count: (batch ? n : 1) * members * (line ? p : 1),
    sets: (batch ? 1 : n) * groups * (line ? 1 : p),
    of: (i, j, k) => ((batch ? 0 : i) * groups + Math.floor(j / members)) * (line ? 1 : p) + (line ? 0 : k),
    // the cells of a set in image i, as [channels from, to, places from, to], or null
    part: ([m, j, k], i) => {
      if (!batch && i !== m) return null;
      const first = Math.floor(j / members) * members;
      return [first, first + members, line ? 0 : k, line ? p : k + 1];
    },
  };
};

// mean and variance of each set, by two passes and what rounding left
export const measure = (x, setting) => {
  const { of, sets, count } = layOut(sizeOf(x), setting);
  const sum = (value) => {
    const sums = Array(sets).fill(0);
    each(x, (v, ...at) => (sums[of(...at)] += value(v, of(...at))));
    return sums.map((total) => total / count);
  };
  const rough = sum((v) => v);
  const rest = sum((v, set) => v - rough[set]);
  const mean = rough.map((m, set) => m + rest[set]);
  const variance = sum((v, set) => (v - rough[set] - rest[set]) ** 2);
  return mean.map((m, set) => [m, variance[set]]);
};

export const usesRunning = ({ axes, training }) => !training && axes.includes(0);
export const runningOf = ({ running }, sets) => (running.length === sets ? running : Array(sets).fill([0, 1]));

// every cell's result, by statistics [mean, variance] of its set
const scale = (x, of, used) => each(x, (v, ...at) => (v - used[of(...at)][0]) / Math.sqrt(used[of(...at)][1] + EPS));

// { y, used, batch }: results, and for each set the statistics used and those of this batch
export const forward = (x, setting) => {
  const { of, sets } = layOut(sizeOf(x), setting);
  const batch = measure(x, setting);
  const used = usesRunning(setting) ? runningOf(setting, sets) : batch;
  return { y: scale(x, of, used), used, batch, trained: usesRunning(setting) ? scale(x, of, batch) : null };
};

// The running statistics after a training step; null where a set has one number.
export const step = (x, setting) => {
  const { sets, count } = layOut(sizeOf(x), setting);
  if (count < 2) return null;
  const { momentum } = setting;
  const old = runningOf(setting, sets);
  return measure(x, setting).map(([mean, variance], set) => [
    old[set][0] + momentum * (mean - old[set][0]),
    old[set][1] + momentum * ((variance * count) / (count - 1) - old[set][1]),
  ]);
};

export const nameOf = ({ axes, groups }, channels) => {
  const found = { "0,2": "batch", "1,2": "layer", 2: "instance" }[axes.join()] ?? "";
  return found !== "layer" || groups === 1 ? found : groups === channels ? "instance" : "group";
};
