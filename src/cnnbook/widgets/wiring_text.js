// Every string that the channel wiring shows.

import { format } from "../live/shared.js";

export const thousands = (value) => Math.round(value).toLocaleString("en");
export const percent = (share) => `${format(100 * share, 1)} %`;
const groupsOf = (groups) => `${groups} ${groups === 1 ? "group" : "groups"}`;
// 1–4, 9: channels from 1, neighbours as one run
export const runs = (channels) => {
  const found = [];
  for (const channel of channels) {
    if (found.length && found.at(-1)[1] === channel - 1) found.at(-1)[1] = channel;
    else found.push([channel, channel]);
  }
  return found.map(([low, high]) => (low === high ? `${low + 1}` : `${low + 1}${high === low + 1 ? ", " : "–"}${high + 1}`)).join(", ");
};
const places = (lit, on = true) => lit.flatMap((each, i) => (each === on ? [i] : []));
const part = (lit, noun) => {
  const [inside, all] = [places(lit), lit.length];
  return inside.length === all ? `all ${all} ${noun}` : `${inside.length} of ${all} ${noun}: ${runs(inside)}`;
};
const plural = (list, noun) => `${noun}${list.length === 1 ? "" : "s"} ${runs(list)}`;

export const TEXT = {
  channels: "Channels",
  reset: "Start again",
  layer: (layer) => `Layer ${layer}`,
  add: (layer) => `Add layer ${layer}`,
  remove: (layer) => `Remove layer ${layer}`,
  removeSign: "×",
  kernel: "Kernel",
  kernels: { 1: "1x1", 3: "3x3" },
  groups: "Groups",
  kind: (kernel, groups, channels) => `${groups === 1 ? (kernel === 1 ? "pointwise" : "dense") : groups === channels ? "depthwise" : "grouped"} ${kernel}x${kernel}`,
  split: (groups, channels) => `${groupsOf(groups)} of ${channels / groups}${groups === 1 ? ": dense" : ""}`,
  sum: (channels, { kernel_size: kernel, groups }, weights) => `${kernel === 3 ? "9·" : ""}${channels}·${channels}${groups === 1 ? "" : ` / ${groups}`} = ${thousands(weights)} weights`,
  shuffle: "Shuffle before it",
  still: (groups) => `${groupsOf(groups)}: nothing moves`,
  dealt: (groups) => `deals out the ${groupsOf(groups)}`,
  kept: (groups) => `the ${groupsOf(groups)} stay in place`,
  ends: { input: "input", output: "output" },
  short: { input: "in", output: "out" },
  sees: "sees",
  step: ({ layer, kernel, groups }, channels) => (kernel === 0 ? ["", "shuffle"] : [`layer ${layer}`, `${kernel}x${kernel}, ${groups === 1 ? "dense" : groups === channels ? "depthwise" : groupsOf(groups)}`]),
  board: "Channels: input, layers, output",
  node: (layer, last, channel, count, channels) => {
    if (layer === 0) return `input ${channel + 1}`;
    if (layer !== last) return `channel ${channel + 1} of layer ${layer}`;
    return count === null ? `output ${channel + 1}` : `output ${channel + 1}, sees ${count} of ${channels} inputs`;
  },
  hidden: "The lines are covered until you have answered.",
  covered: "?",
  thin: "1 weight",
  thick: "9 weights",
  dotted: "no weight, only a new place",
  letters: "a group",
  square: "row: output, column: input; blank: zero",
  told: {
    none: ["No channel is chosen.", "Choose an output, or point at any channel, to follow its lines through the stack."],
    output: (output, lit) => {
      const missing = places(lit, false);
      return [`Output ${output + 1} sees ${part(lit, "inputs")}.`, missing.length ? `Nothing that changes in ${plural(missing, "input")} can change it, whatever the weights are.` : "A change in any input can change it."];
    },
    input: (input, lit) => {
      const missing = places(lit, false);
      return [`Input ${input + 1} is seen by ${part(lit, "outputs")}.`, missing.length ? `To ${plural(missing, "output")} no line leads from it.` : "From here a line leads to every output."];
    },
    middle: (channel, layer, before, behind) => [`Channel ${channel + 1} of layer ${layer} sees ${part(before, "inputs")}.`, `It is seen by ${part(behind, "outputs")}.`],
    hidden: ["Covered until you have answered.", ""],
  },
  used: (lines, channels, kernel) => (kernel === 0 ? "no weights" : `${thousands(lines)} of ${thousands(channels * channels)}`),
  matrix: (layer, lines, channels, groups) => `Layer ${layer}: ${lines} of ${channels * channels} pairs of channels have weights, in ${groups === 1 ? "one block" : `${groups} blocks on the diagonal`}`,
  shuffleMatrix: "Shuffle: one mark in each row and each column",
  matrices: "Who is joined to whom: rows outputs, columns inputs; empty cells are zeros",
  whole: "whole stack",
  wholeMatrix: (full, channels) => `Whole stack: ${full} of ${channels} outputs see every input`,
  wholeUnder: "whole stack: a row for each output, a mark for each input it sees",
  bar: (weights, parameters) => `MACs for each pixel: ${weights.length > 1 ? `${weights.map(thousands).join(" + ")} = ` : ""}${thousands(parameters)}`,
  mark: (dense) => `The upright mark: one dense 3x3, ${thousands(dense)}`,
  barCovered: "MACs for each pixel: covered until you have answered.",
  facts: { field: "Receptive field", parameters: "Parameters", macs: (size) => `MACs, ${size} × ${size} maps`, share: "MACs against dense 3x3", seen: "Inputs that an output sees", full: "Outputs that see every input" },
  field: (side) => `${side} × ${side}`,
  seen: (counts, channels) => ((low, high) => `${low === high ? low : `${low} to ${high}`} of ${channels}`)(Math.min(...counts), Math.max(...counts)),
  heard: ({ channels }, found) => `An output sees ${TEXT.seen(found.counts, channels)} inputs, ${TEXT.field(found.field)} pixels, for ${percent(found.share)} of the MACs of one dense 3x3.`,
  of: (some, all) => `${some} of ${all}`,
  code: "The same stack in torch",
  conv: (channels, { kernel_size: kernel, groups }) => `nn.Conv2d(${channels}, ${channels}, ${kernel}${kernel === 3 ? ", padding=1" : ""}${groups === 1 ? "" : `, groups=${groups}`}, bias=False),`,
  deal: (groups) => `nn.ChannelShuffle(${groups}),`,
  stack: (lines) => `nn.Sequential(\n${lines.map((line) => `    ${line}`).join("\n")}\n)`,
  goals: { title: "Goals", reached: "reached: ", open: "open: " },
  hint: "Point at a channel to follow its lines. Choose an output by a click, or walk by arrows, Home and End.",
  problem: (name, given, used) => `${name} cannot be ${given}; ${used} is used.`,
};
