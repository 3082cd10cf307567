// Random weights and inputs from a small seeded generator; cnnbook.widgets.flows draws the same numbers.

import { rms, withRoom } from "./flow_net.js";

export const BATCH = 32;
const STEP = 0x6d2b79f5;

// Mulberry32: each number is a hash of a state that grows by STEP; a stream is where it starts.
const hash = (state) => {
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
  return (t ^ (t >>> 14)) >>> 0;
};
export const uniforms = (seed, stream, count) => {
  const values = new Float64Array(count);
  let state = hash(hash(seed) + stream) | 0;
  for (let i = 0; i < count; i += 1) {
    state = (state + STEP) | 0;
    values[i] = (hash(state) + 0.5) / 2 ** 32;
  }
  return values;
};
// Box and Muller: two uniform numbers make two normal ones
export const normals = (seed, stream, count) => {
  const u = uniforms(seed, stream, count + (count % 2));
  for (let i = 0; i < u.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(u[i]));
    const angle = 2 * Math.PI * u[i + 1];
    u[i] = radius * Math.cos(angle);
    u[i + 1] = radius * Math.sin(angle);
  }
  return u.subarray(0, count);
};

const toSize1 = (values) => {
  const size = rms(values);
  return values.map((value) => value / size);
};

// Make the rows orthonormal, in place: Gram and Schmidt, modified.
const orthonormal = (matrix, w) => {
  for (let a = 0; a < matrix.length; a += w) {
    let square = 0;
    for (let i = 0; i < w; i += 1) square += matrix[a + i] ** 2;
    const length = Math.sqrt(square);
    for (let i = 0; i < w; i += 1) matrix[a + i] /= length;
    for (let b = a + w; b < matrix.length; b += w) {
      let dot = 0;
      for (let i = 0; i < w; i += 1) dot += matrix[a + i] * matrix[b + i];
      for (let i = 0; i < w; i += 1) matrix[b + i] -= dot * matrix[a + i];
    }
  }
  return matrix;
};
// The layer's weight for gain 1.
export const drawLayer = (seed, layer, width, kind) => {
  const drawn = normals(seed, layer + 1, width * width);
  return kind === "orthogonal" ? orthonormal(drawn, width) : drawn.map((value) => value / Math.sqrt(width));
};
export const drawInput = (seed, width) => toSize1(normals(seed, 0, BATCH * width));
export const drawGradient = (seed, width) => toSize1(normals(seed, 1, BATCH * width));

// Weights are drawn once and kept until another seed, width or kind is asked for.
export const createStock = () => {
  let [key, layers, ends] = ["", [], null];
  return ({ seed, width, weights, depth }) => {
    if (key !== `${seed}/${width}/${weights}`) {
      key = `${seed}/${width}/${weights}`;
      layers = [];
      ends = { x: drawInput(seed, width), dy: drawGradient(seed, width) };
    }
    while (layers.length < depth) layers.push(withRoom(drawLayer(seed, layers.length + 1, width, weights), width, BATCH));
    return { ...ends, layers: layers.slice(0, depth) };
  };
};

