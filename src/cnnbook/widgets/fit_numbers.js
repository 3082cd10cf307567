// Draws, families, errors, bias and variance: what fitting.py does, on the same random numbers.

import { solve } from "./least_squares.js";

export const CURVES = {
  wave: (x) => Math.sin(1.5 * Math.PI * x),
  line: (x) => 0.8 * x,
  step: (x) => 0.8 * Math.sign(x),
};
export const MOST = { degree: 15, width: 60, samples: 200 };
export const CAPACITIES = {
  polynomial: Array.from({ length: MOST.degree + 1 }, (_, k) => k),
  relu: [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 17, 20, 25, 30, 40, 50, 60],
};
export const REFITS = 100;
const VALIDATION = 200;
const STREAMS = { validation: 10000, refit: 20000, relu: 30000 }; // below: the seeds of draws
export const GRID = Float64Array.from({ length: 100 }, (_, i) => -1 + (i + 0.5) / 50);

// mulberry32 (Tommy Ettinger 2017, public domain): numbers from 0 to 1, the same ones for a stream
export const uniform = (stream, count) => {
  let state = Math.imul(stream + 1, 0x9e3779b1);
  return Float64Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  });
};

// one x in each of equally wide slots, and a standard normal number each; the last size is kept
const drawn = new Map();
let size = 0;
export const draw = (stream, samples) => {
  if (samples !== size) drawn.clear();
  size = samples;
  if (!drawn.has(stream)) {
    const u = uniform(stream, 3 * samples);
    const x = Float64Array.from({ length: samples }, (_, i) => -1 + (2 * (i + u[3 * i])) / samples);
    const z = x.map((_, i) => Math.sqrt(-2 * Math.log(1 - u[3 * i + 1])) * Math.cos(2 * Math.PI * u[3 * i + 2]));
    if (drawn.size > 2 * REFITS) drawn.clear();
    drawn.set(stream, { x, z });
  }
  return drawn.get(stream);
};
const noisy = ({ x, z }, curve, noise) => ({ x, y: x.map((at, i) => CURVES[curve](at) + noise * z[i]) });
export const sample = (curve, stream, samples, noise) => noisy(draw(stream, samples), curve, noise);
const validation = draw(STREAMS.validation, VALIDATION);
const fresh = (curve, noise) => noisy(validation, curve, noise);

const hidden = uniform(STREAMS.relu, 2 * MOST.width);
const columnsOf = {
  // sqrt(2k + 1) P_k(x) by (k + 1) P_{k+1} = (2k + 1) x P_k − k P_{k−1}
  polynomial: (capacity, x) => {
    const rows = x.length;
    const data = new Float64Array(rows * (capacity + 1)).fill(1, 0, rows);
    for (let i = 0; i < rows; i += 1) {
      let [before, now] = [0, 1];
      for (let k = 0; k < capacity; k += 1) {
        [before, now] = [now, ((2 * k + 1) * x[i] * now - k * before) / (k + 1)];
        data[(k + 1) * rows + i] = Math.sqrt(2 * k + 3) * now;
      }
    }
    return data;
  },
  // 1 and max(0, ±(x − kink))
  relu: (capacity, x) => {
    const rows = x.length;
    const data = new Float64Array(rows * (capacity + 1)).fill(1, 0, rows);
    for (let k = 0; k < capacity; k += 1) {
      const [sign, kink] = [hidden[2 * k] < 0.5 ? -1 : 1, 2 * hidden[2 * k + 1] - 1];
      for (let i = 0; i < rows; i += 1) data[(k + 1) * rows + i] = Math.max(0, sign * (x[i] - kink));
    }
    return data;
  },
};
// capacity + 1 columns of x.length numbers each
export const features = (family, capacity, x) => columnsOf[family](capacity, x);

// the features of points that stay, for every capacity: the columns of a smaller one come first
const fixed = new Map();
const widest = (family, name, x) => {
  const key = `${family} ${name}`;
  if (!fixed.has(key)) fixed.set(key, features(family, MOST[family === "relu" ? "width" : "degree"], x));
  return fixed.get(key);
};
export const valuesAt = (columns, rows, coefficients) => {
  const y = new Float64Array(rows);
  coefficients.forEach((weight, k) => {
    for (let i = 0; i < rows; i += 1) y[i] += weight * columns[k * rows + i];
  });
  return y;
};
const meanSquare = (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;

export const fitTo = ({ family, ridge }, capacity, { x, y }) => solve(features(family, capacity, x), y, capacity + 1, ridge);
export const evaluate = ({ family }, capacity, coefficients, x) => valuesAt(features(family, capacity, x), x.length, coefficients);

// { train, validation }: mean squared errors of the fit to these samples
export const errorsOf = (setting, capacity, samples) => {
  const { family, ridge, curve, noise } = setting;
  const columns = features(family, capacity, samples.x);
  const coefficients = solve(columns, samples.y, capacity + 1, ridge);
  const { x, y } = fresh(curve, noise);
  return {
    coefficients,
    train: meanSquare(samples.y, valuesAt(columns, samples.x.length, coefficients)),
    validation: meanSquare(y, valuesAt(widest(family, "validation", x), x.length, coefficients)),
  };
};

// values on GRID of the fit to another draw
export const refit = ({ family, curve, count, noise, ridge }, capacity, number) => {
  const samples = sample(curve, STREAMS.refit + number, count, noise);
  return valuesAt(widest(family, "grid", GRID), GRID.length, fitTo({ family, ridge }, capacity, samples));
};

// What the refits (arrays of values on GRID) say: the mean fit and its spread over x, and the
// parts of the expected error, without what chance adds to bias² (it can be below 0). The error is
// summed apart from its parts: that they add up is measured.
export const decompose = ({ curve, noise }, values) => {
  const truth = GRID.map(CURVES[curve]);
  const mean = new Float64Array(GRID.length);
  for (const each of values) for (let i = 0; i < mean.length; i += 1) mean[i] += each[i] / values.length;
  const spread = new Float64Array(GRID.length);
  for (const each of values) for (let i = 0; i < mean.length; i += 1) spread[i] += (each[i] - mean[i]) ** 2 / (values.length - 1);
  const variance = spread.reduce((sum, value) => sum + value, 0) / spread.length;
  const error = values.reduce((sum, each) => sum + meanSquare(each, truth), 0) / values.length;
  const noise2 = noise ** 2;
  const chance = variance / values.length;
  return { mean, deviation: spread.map(Math.sqrt), bias2: meanSquare(mean, truth) - chance, chance, variance, noise2, expected: error + noise2 };
};
// as large a bias² as chance alone gives says nothing
export const hasBias = ({ bias2, chance }) => bias2 > chance;

// all of it at once, for tests
export const measure = (setting, capacity, samples) => {
  const values = Array.from({ length: REFITS }, (_, number) => refit(setting, capacity, number));
  return { ...errorsOf(setting, capacity, samples), ...decompose(setting, values) };
};
