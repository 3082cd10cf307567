// Every string that the fit explorer shows.

import { format } from "../live/shared.js";
import { hasBias } from "./fit_numbers.js";

// an error with as many digits as it can use
const powerOf = (value) => Math.floor(Math.log10(value));
export const errorText = (value) => {
  if (value === 0) return "0";
  if (value < 5e-5) return "< 0.0001";
  if (value < 1000) return value.toFixed(value < 10 ? 4 : 2);
  return value < 1e6 ? Math.round(value).toLocaleString("en") : `${(value / 10 ** powerOf(value)).toFixed(1)} · 10^${powerOf(value)}`;
};
export const bias2Text = (found) => {
  if (hasBias(found)) return errorText(found.bias2);
  return found.chance < 5e-5 ? errorText(found.chance) : `< ${errorText(found.chance)}`;
};
const listed = { degree: "degree", width: "units", samples: "samples", noise: "noise", ridge: "ridge", seed: "draw", curve: "curve", family: "family" };

export const TEXT = {
  curve: "True curve",
  curves: { wave: "wave", line: "line", step: "step" },
  family: "Fitted",
  kinds: { polynomial: "polynomial", relu: "ReLU net" },
  about: {
    polynomial: (count) => `${count} of a polynomial`,
    relu: (count) => `${count}: a bias, and one for each ReLU unit with its random kink`,
  },
  rule: "Fitted so that mean squared error + ridge × sum of squared coefficients is least. A polynomial’s coefficients are those of Legendre polynomials.",
  degree: "Degree",
  width: "Units",
  coefficients: (count) => `${count} coefficient${count === 1 ? "" : "s"}`,
  samples: "Samples",
  own: (count) => `${count}, yours`,
  noise: "Noise",
  ridge: "Ridge",
  ridgeOff: "off",
  again: "Draw anew",
  place: "Place a sample",
  remove: "Remove the sample",
  hint: "Click to place a sample, drag one to move it. Keys: Page Up and Page Down choose, arrows move (Shift: further), Enter places, Delete removes.",
  keys: { samples: "samples", curve: "true curve", fit: "fit", band: "mean ± 1 SD of 100 fits to other draws" },
  plot: (count) => `${count} samples, the true curve and the fit`,
  ladder: "Errors over capacity; a click chooses the capacity there",
  plotText: { covered: "fit covered for now", axes: ["x", "y"] },
  errorText: { covered: "errors covered for now", error: "mean squared error", families: { polynomial: "degree of the polynomial", relu: "ReLU units of the net" } },
  rows: { train: "training error", validation: "validation error", bias2: "bias²", variance: "variance", noise2: "noise²", expected: "expected error" },
  signs: { variance: "+", noise2: "+", expected: "=" },
  one: "This fit",
  many: "100 fits to other draws",
  busy: "100 fits to other draws …",
  secret: "?",
  goals: { title: "Goals", reached: "reached: ", open: "open: " },
  few: (least) => `At least ${least} samples must stay.`,
  full: (most) => `${most} samples are the most that are fitted.`,
  sample: (place, count, x, y) => `sample ${place} of ${count}: x ${format(x, 2)}, y ${format(y, 2)}`,
  said: (coefficients, count, { train, validation, variance, expected, ...parts }) =>
    `${coefficients}, ${count} samples: training error ${errorText(train)}, validation error ${errorText(validation)}, bias² ${bias2Text(parts)}, variance ${errorText(variance)}, expected error ${errorText(expected)}`,
  saidSecret: "The fit and its errors are covered until you have answered.",
  problem: (name, spare) => (name === "points" ? "The placed samples cannot be read; drawn ones are used." : `The ${listed[name]} cannot be read; ${spare} is used.`),
};
