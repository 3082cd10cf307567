// A deep net of dense layers without the page: the signal forward, the gradient back.
// Matrices are Float64Array, row after row.

const EPS = 1e-5;

// root of the mean square
export const rms = (values) => {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] * values[i];
  return Math.sqrt(sum / values.length);
};

const transposed = (matrix, w) => {
  const back = new Float64Array(matrix.length);
  for (let i = 0; i < w; i += 1) for (let j = 0; j < w; j += 1) back[j * w + i] = matrix[i * w + j];
  return back;
};
// A layer: its weight, the transpose, which the way back wants, and room for what a run keeps of it.
export const withRoom = (weight, width, rows) => {
  const room = () => new Float64Array(rows * width);
  return { weight, back: transposed(weight, width), y: room(), slope: room(), standard: room(), dx: room() };
};

// y = scale x weight^T: four rows of x with two of weight at a time, so that each number read is used often
export const multiply = (x, weight, scale, w, y) => {
  const rows = x.length / w;
  if (w % 2 || rows % 4) return multiplyPlainly(x, weight, scale, w, y);
  for (let n = 0; n < rows; n += 4) {
    const x0 = n * w;
    const x1 = x0 + w;
    const x2 = x1 + w;
    const x3 = x2 + w;
    for (let o = 0; o < w; o += 2) {
      const w0 = o * w;
      const w1 = w0 + w;
      let a0 = 0, a1 = 0, a2 = 0, a3 = 0;
      let b0 = 0, b1 = 0, b2 = 0, b3 = 0;
      for (let i = 0; i < w; i += 1) {
        const u = weight[w0 + i];
        const v = weight[w1 + i];
        const p = x[x0 + i];
        const q = x[x1 + i];
        const r = x[x2 + i];
        const s = x[x3 + i];
        a0 += p * u;
        a1 += q * u;
        a2 += r * u;
        a3 += s * u;
        b0 += p * v;
        b1 += q * v;
        b2 += r * v;
        b3 += s * v;
      }
      y[x0 + o] = scale * a0;
      y[x1 + o] = scale * a1;
      y[x2 + o] = scale * a2;
      y[x3 + o] = scale * a3;
      y[x0 + o + 1] = scale * b0;
      y[x1 + o + 1] = scale * b1;
      y[x2 + o + 1] = scale * b2;
      y[x3 + o + 1] = scale * b3;
    }
  }
  return y;
};
const multiplyPlainly = (x, weight, scale, w, y) => {
  for (let at = 0; at < x.length; at += 1) {
    const [n, o] = [Math.floor(at / w) * w, (at % w) * w];
    let sum = 0;
    for (let i = 0; i < w; i += 1) sum += x[n + i] * weight[o + i];
    y[at] = scale * sum;
  }
  return y;
};

// Each activation replaces z by f(z), and writes f'(z) into slope.
const rectifier = (below) => (z, slope) => {
  for (let i = 0; i < z.length; i += 1) {
    slope[i] = z[i] > 0 ? 1 : below;
    z[i] *= slope[i];
  }
};
const [SELU_ALPHA, SELU_SCALE] = [1.6732632423543772848, 1.0507009873554804934];
const GELU = Math.sqrt(2 / Math.PI);
export const LEAK = 0.2; // slope of the leaky ReLU below 0
export const ACTIVATIONS = {
  identity: (z, slope) => void slope.fill(1),
  sigmoid: (z, slope) => {
    for (let i = 0; i < z.length; i += 1) {
      const y = 1 / (1 + Math.exp(-z[i]));
      slope[i] = y * (1 - y);
      z[i] = y;
    }
  },
  tanh: (z, slope) => {
    for (let i = 0; i < z.length; i += 1) {
      const y = Math.tanh(z[i]);
      slope[i] = 1 - y * y;
      z[i] = y;
    }
  },
  relu: rectifier(0),
  leaky_relu: rectifier(LEAK),
  selu: (z, slope) => {
    for (let i = 0; i < z.length; i += 1) {
      slope[i] = SELU_SCALE * (z[i] > 0 ? 1 : SELU_ALPHA * Math.exp(z[i]));
      z[i] = SELU_SCALE * (z[i] > 0 ? z[i] : SELU_ALPHA * Math.expm1(z[i]));
    }
  },
  gelu: (z, slope) => {
    for (let i = 0; i < z.length; i += 1) {
      const [value, near] = [z[i], Math.max(-40, Math.min(z[i], 40))];
      const share = 1 / (1 + Math.exp(-2 * GELU * near * (1 + 0.044715 * near * near))); // (1 + tanh u) / 2
      slope[i] = share + near * 2 * share * (1 - share) * GELU * (1 + 3 * 0.044715 * near * near);
      z[i] = value * share;
    }
  },
};

// Batch normalisation without scale and shift, in place; returns 1 / sqrt(variance + eps) of each unit.
const normalise = (z, w) => {
  const rows = z.length / w;
  const [mean, inverse] = [new Float64Array(w), new Float64Array(w)];
  for (let n = 0; n < z.length; n += w) for (let j = 0; j < w; j += 1) mean[j] += z[n + j] / rows;
  for (let n = 0; n < z.length; n += w) {
    for (let j = 0; j < w; j += 1) {
      z[n + j] -= mean[j];
      inverse[j] += (z[n + j] * z[n + j]) / rows;
    }
  }
  for (let j = 0; j < w; j += 1) inverse[j] = 1 / Math.sqrt(inverse[j] + EPS);
  for (let n = 0; n < z.length; n += w) for (let j = 0; j < w; j += 1) z[n + j] *= inverse[j];
  return inverse;
};
// dz = (d − mean(d) − y mean(d y)) inverse, for each unit over the batch; d becomes dz
const normaliseBack = (d, y, inverse, w) => {
  const rows = d.length / w;
  const [sum, product] = [new Float64Array(w), new Float64Array(w)];
  for (let n = 0; n < d.length; n += w) {
    for (let j = 0; j < w; j += 1) {
      sum[j] += d[n + j] / rows;
      product[j] += (d[n + j] * y[n + j]) / rows;
    }
  }
  for (let n = 0; n < d.length; n += w) for (let j = 0; j < w; j += 1) d[n + j] = (d[n + j] - sum[j] - y[n + j] * product[j]) * inverse[j];
};
const addTo = (a, b) => {
  for (let i = 0; i < a.length; i += 1) a[i] += b[i];
};

// The signal through all layers and the gradient back. Sizes are roots of mean squares, index 0 is
// the input: { signal, gradient, slope: mean |f'|, slopeRms, y, dx }; y and dx are overwritten by the next run.
export const flow = ({ x, dy, layers }, { width: w, gain, activation, residual, norm }) => {
  const inverses = [];
  const signal = [rms(x)];
  let [h, slopes, squares] = [x, 0, 0];
  for (const { weight, y, slope, standard } of layers) {
    multiply(h, weight, gain, w, y);
    if (norm) {
      inverses.push(normalise(y, w));
      standard.set(y);
    }
    ACTIVATIONS[activation](y, slope);
    for (let i = 0; i < slope.length; i += 1) slopes += Math.abs(slope[i]);
    squares += rms(slope) ** 2;
    if (residual) addTo(y, h);
    h = y;
    signal.push(rms(h));
  }
  const gradient = [rms(dy)];
  let g = dy;
  for (let l = layers.length - 1; l >= 0; l -= 1) {
    const { back, slope, standard, dx } = layers[l];
    for (let i = 0; i < slope.length; i += 1) slope[i] *= g[i]; // the gradient for z from here on
    if (norm) normaliseBack(slope, standard, inverses[l], w);
    multiply(slope, back, gain, w, dx);
    if (residual) addTo(dx, g);
    g = dx;
    gradient.push(rms(g));
  }
  const depth = layers.length;
  return { signal, gradient: gradient.reverse(), slope: slopes / (depth * x.length), slopeRms: Math.sqrt(squares / depth), y: h, dx: g };
};

// The same on nested lists: tested against cnnbook.reference.
export const flowOf = (x, dy, weights, options) => {
  const [rows, width] = [x.length, x[0].length];
  const layers = weights.map((weight) => withRoom(Float64Array.from(weight.flat()), width, rows));
  return flow({ x: Float64Array.from(x.flat()), dy: Float64Array.from(dy.flat()), layers }, { ...options, width });
};
