// Every string that the norm block shows.

import { format } from "../live/shared.js";

export const exact = (value) => format(value, 4);
const short = (value) => format(value, Math.abs(value) < 0.005 ? 4 : 2);
// as many decimals as the size of the number asks for
const told = (value) => format(value, Math.abs(value) < 0.01 ? 6 : Math.abs(value) < 100 ? 4 : Math.abs(value) < 1000 ? 2 : 1);
const bracket = (value) => (value < 0 ? `(${told(value)})` : told(value));
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
const cell = ([n, c, p]) => `image ${n + 1}, channel ${c + 1}, place ${p + 1}`;
const upper = (text) => text[0].toUpperCase() + text.slice(1);
const numbersOf = (m) => count(m, "number", "numbers");
const others = (own, m) => (own === m ? `${m === 1 ? "" : "all "}of its own image` : `${m - own} of other images`);
const root = (variance) => `√(${told(variance)} + eps)`;
const ALONG = ["images", "channels", "places"];

export const TEXT = {
  presets: { batch: "Batch norm", layer: "Layer norm", instance: "Instance norm", group: "Group norm" },
  presetNote: (own, m) => `${numbersOf(m)}, ${others(own, m)}`,
  axes: "Sets along",
  axis: ["images (N)", "channels (C)", "places (H·W)"],
  groups: "Groups of C",
  training: "Statistics",
  modes: { true: "of this batch (training)", false: "running (eval)" },
  images: "Images in the batch",
  places: "Places in an image",
  momentum: "Momentum",
  step: "Training step",
  steps: "Ten steps",
  fresh: "New batch",
  reset: "Start again",
  name: (name, setting, channels) => {
    const { axes, groups } = setting;
    if (name === "group") return `Group norm with ${groups} groups of ${count(channels / groups, "channel", "channels")}`;
    if (name === "layer") return "Layer norm";
    if (name === "instance") return axes.length === 2 ? `Instance norm, as group norm with ${channels} groups` : "Instance norm";
    if (name === "batch") return "Batch norm";
    return axes.length ? `Your own choice: sets along ${listed(axes.map((axis) => ALONG[axis]))}` : "Your own choice: each number by itself";
  },
  sets: ({ sets, count: m }) => `${count(sets, "set", "sets")} of ${numbersOf(m)}`,
  card: (n) => `image ${n + 1}`,
  empty: "no image",
  channel: (c) => `c${c + 1}`,
  channelTitle: (c) => `channel ${c + 1}`,
  x: { group: "Block x", cell: (at) => `x ${cell(at)}` },
  results: "Results: choose one to follow",
  resultLabel: (at, y, x) => `result ${cell(at)}: ${exact(y)}, of ${exact(x)}`,
  resultHidden: (at, x) => `result ${cell(at)}: covered, of ${exact(x)}`,
  key: { x: "x above, its result below", set: "set of the followed value", edited: "changed", moved: "moved" },
  changes: {
    none: "Change a number of x, or drag a dot: each result that moves gets a corner.",
    some: (edited, images, moved, all, stayed, from, to) =>
      `${numbersOf(edited)} changed (${images.length > 1 ? `${images.length} images` : `image ${images[0] + 1}`}), ${moved} of ${all} results moved; followed: ${stayed ? "unchanged" : `${short(from)} → ${short(to)}`}.`,
    hidden: (edited) => `${numbersOf(edited)} changed.`,
  },
  covered: "?",
  hidden: "Covered until you have answered.",
  line: {
    label: (m, mean, deviation, at, result) => `Number line of the ${numbersOf(m)} in the set: mean ${exact(mean)}, standard deviation ${exact(deviation)}; ${cell(at)} gets the result ${exact(result)}`,
    hidden: "Number line of the set, covered",
    above: "x",
    below: "result",
    outside: "not in the set",
  },
  lineKey: { mean: "mean ± standard deviation of the ruler", dot: "a number of the set: drag it sideways" },
  told: {
    title: (at, value, result) => `${upper(cell(at))}: ${told(value)} becomes ${short(result)}`,
    covered: (at, value) => `${upper(cell(at))} holds ${told(value)}`,
    compared: (own, m) => `Compared with a set of ${numbersOf(m)}, ${others(own, m)}.`,
    alone: (name) => `Compared with itself alone: it is its own mean, so every number gives 0.${["batch", "instance"].includes(name) ? " torch refuses to train so." : ""}`,
    equal: "All numbers of the set are equal: each gives 0.",
    sum: (value, mean, variance, result) => `Mean ${told(mean)}, variance ${told(variance)}: (${told(value)} − ${bracket(mean)}) / ${root(variance)} = ${told(result)}`,
    running: (mean, variance) => `By what training has kept for this set: running mean ${told(mean)}, running variance ${told(variance)}.`,
    quotient: (value, mean, variance, result) => `(${told(value)} − ${bracket(mean)}) / ${root(variance)} = ${told(result)}`,
    inTraining: (result) => `In training this batch would give ${told(result)}.`,
    kept: (mean, variance, none) => `Kept for eval: running mean ${told(mean)}, running variance ${told(variance)}${none ? " (no training step yet)" : ""}.`,
    nothingKept: "Nothing is kept for eval: every image brings its own statistics, in training and in use.",
  },
  noStep: "No training step: each set has one number, and its variance would divide by 0.",
  bad: (at, typed, kept) => `x ${cell(at)}${typed.trim() ? `: “${typed}” is not a number between −1,000,000 and 1,000,000` : " is empty"}. ${kept} is still used there.`,
  badMore: (n) => `${n} cells hold no number.`,
  goals: { title: "Goals", reached: "reached: ", open: "open: " },
  hint: "Each slanted sheet is an image: channels run down, places along; the set is filled. Click a result to follow it, or focus one and use arrows, Home and End. eps is 0.00001; weight is 1 and bias 0.",
  problem: (name, given, used) => `${name} cannot be ${given}; ${used} is used.`,
};
