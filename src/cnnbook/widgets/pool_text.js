// Every string that the pool router shows.

import { format } from "../live/shared.js";

export const exact = (value) => format(value, 4);
const place = ([i, j]) => `row ${i + 1}, column ${j + 1}`;
const count = (n, one, many) => `${n} ${n === 1 ? one : many}`;
const cellsOf = (n) => count(n, "cell", "cells");
const inputsOf = (n) => count(n, "input", "inputs");
const listed = (texts) => (texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join("; ")}; and ${texts.at(-1)}`);
const few = (texts, most) => (texts.length > most ? `${texts.slice(0, most).join("; ")} and ${texts.length - most} more` : listed(texts));
const factor = (value) => (value < 0 ? `(${exact(value)})` : exact(value));

// what a window has besides inputs
const beside = (route, pool) => {
  const words = [];
  if (route.padded && pool !== "average") words.push(`Its ${cellsOf(route.padded)} of padding stand${route.padded === 1 ? "s" : ""} for ${pool === "max" ? "−∞" : "+∞"} and never win${route.padded === 1 ? "s" : ""}.`);
  if (route.over) words.push(`${cellsOf(route.over)} beyond the end never count${route.over === 1 ? "s" : ""}.`);
  return words;
};
const extreme = { max: "maximum", min: "minimum" };
const picked = (route, dy, pool) => {
  const name = extreme[pool];
  if (route.ties.length === 1) return [`Its ${name} stands at ${place(route.ties[0])}. The whole gradient, ${exact(dy)}, goes there; its other inputs get 0.`];
  const rule = pool === "max" ? ": torch’s rule" : "";
  return [`A tie: its ${name} stands in ${cellsOf(route.ties.length)}, ${few(route.ties.map(place), 4)}. The first in row order gets the whole gradient, ${exact(dy)}${rule}.`];
};
const shared = (route, dy) => {
  const share = `${exact(dy)} / ${route.divisor} = ${exact(dy / route.divisor)}`;
  if (!route.lost) return [`${route.padded ? `Its ${cellsOf(route.padded)} of padding ${route.padded === 1 ? "does" : "do"} not count. ` : ""}Each of its ${inputsOf(route.inside)} gets an equal share, ${share}.`];
  const lost = dy * route.lost;
  return [`${route.divisor} cells count, ${route.padded} of them padding. Each gets ${share}: together ${exact(dy - lost)} arrives at the ${inputsOf(route.inside)}, ${exact(lost)} falls on the padding and is lost.`];
};

export const TEXT = {
  pool: "Pooling",
  pools: { max: "maximum", min: "minimum", average: "average" },
  windows: "Windows",
  kinds: { fixed: "size and stride", global: "global", adaptive: "adaptive" },
  view: "Gradient of",
  views: { one: "the chosen output", all: "all outputs" },
  kernel_size: "Window size",
  stride: "Stride",
  padding: "Padding",
  output_size: "Outputs a side",
  rows: "Rows of x",
  cols: "Columns of x",
  ceil_mode: "ceil_mode (round up)",
  count_include_pad: "count_include_pad (average)",
  fresh: "New numbers",
  ones: "All dy = 1",
  reset: "Start again",
  input: "Input x",
  output: "Output y",
  size: (rows, cols) => `${rows} × ${cols}`,
  under: { x: "below: dx, the gradient that arrives", y: "below: dy, the gradient it sends" },
  outputs: "Outputs: choose one",
  outputLabel: (at, value, dy) => `output ${place(at)}: ${exact(value)}, its gradient ${exact(dy)}`,
  x: { group: "Input cells", cell: (i, j) => `x ${place([i, j])}` },
  dy: { group: "Gradients of the outputs", cell: (i, j) => `dy ${place([i, j])}` },
  bad: (what, typed, kept) => `${what}${typed.trim() ? `: “${typed}” is not a number between −1,000,000 and 1,000,000` : " is empty"}. ${kept} is still used there.`,
  badMore: (n) => `${n} cells hold no number.`,
  filling: { max: "−∞", min: "+∞", average: "0" },
  covered: "?",
  formula: (axis, size, { kernel_size: kernel, stride, padding, ceil_mode: ceil }, outputs) => {
    const found = Math[ceil ? "ceil" : "floor"]((size + 2 * padding - kernel) / stride) + 1;
    const sum = `${axis}: ${ceil ? "ceil" : "floor"}((${size} + 2·${padding} − ${kernel}) / ${stride}) + 1 = ${found}`;
    return found === outputs ? sum : `${sum}; ${outputs}, as the last would start in the padding`;
  },
  spans: (axis, windows) => `${axis}: ${windows.map(([start, stop]) => (stop - start === 1 ? `${stop}` : `${start + 1}–${stop}`)).join(", ")}`,
  axes: ["rows", "columns"],
  relation: ({ windows, kernel_size: kernel, stride }) =>
    windows === "global" ? "One window reads the whole input." : windows === "adaptive" ? "The windows’ lengths follow from the input’s size." : stride < kernel ? "Windows overlap: the stride is shorter than the window." : stride === kernel ? "Windows touch and do not overlap." : "Windows leave gaps: the stride is longer than the window.",
  refused: { padding: (padding, kernel) => `Refused: padding ${padding} is more than half of window size ${kernel}; torch refuses it too.`, size: (kernel, room) => `Refused: a window of ${kernel} does not fit on ${cellsOf(room)}.` },
  route: {
    title: (at, value) => `Output ${place(at)} is ${exact(value)}`,
    body: (route, dy, pool) => [...(pool === "average" ? shared(route, dy) : picked(route, dy, pool)), ...beside(route, pool)].join(" "),
    none: "Choose an output: its window is outlined and its gradient is sent back.",
  },
  all: {
    title: "All outputs send their gradients back",
    kept: ({ dy }, unread) => `Every window passes on all it has: the sum stays ${exact(dy)}.${unread ? ` The ${inputsOf(unread)} that no window reads get${unread === 1 ? "s" : ""} nothing, and nothing is missing from the sum.` : ""}`,
    lost: ({ dy, dx, lost }) => `Of ${exact(dy)}, only ${exact(dx)} arrives: ${exact(lost)} falls on padding cells, which count in the divisor but can take no gradient.`,
  },
  probe: {
    title: (at, value) => `Input ${place(at)} is ${exact(value)}`,
    unread: "No window reads it: it gets nothing, whatever the outputs’ gradients are.",
    passed: (read) => `${count(read, "window reads", "windows read")} it, but it is never chosen: it gets 0.`,
    gets: (read, given) => {
      const parts = `${given.slice(0, 9).map(({ given: part }) => factor(part)).join(" + ")}${given.length > 9 ? " + …" : ""}`;
      const result = given.length > 1 ? ` = ${exact(given.reduce((sum, { given: part }) => sum + part, 0))}` : "";
      return `${count(read, "window reads", "windows read")} it. From all outputs it gets ${parts}${result}, sent by ${few(given.map(({ output }) => place(output)), 4)}.`;
    },
  },
  hidden: "Covered until you have answered.",
  facts: {
    dy: "Sum of dy, all outputs",
    dx: "Sum of dx, all inputs",
    lost: "Lost in the padding",
    unread: "Inputs no window reads",
    passed: "Inputs read, never chosen",
    most: "Most gradients at one input",
  },
  factsOfOne: { dy: "dy of this output", dx: "Sum of dx, sent by it", most: "Most at one input, if all send" },
  of: (part, all) => `${part} of ${all}`,
  goals: { title: "Goals", reached: "reached: ", open: "open: " },
  hint: "Click an output, or focus one and use arrows, Home and End. Type into any number of x and dy; point at an input to see who sends it what.",
  problem: (name, given, used) => `${name} cannot be ${given}; ${used} is used.`,
};

// why a setting is refused, in words
export const refusal = ({ x, kernel_size: kernel, padding }) =>
  padding > Math.floor(kernel / 2) ? TEXT.refused.padding(padding, kernel) : TEXT.refused.size(kernel, Math.min(x.length, x[0].length) + 2 * padding);
