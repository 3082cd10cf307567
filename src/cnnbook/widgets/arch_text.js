// The architecture explorer's words and numbers.

import { format } from "../live/shared.js";

export const count = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
export const percent = (part, whole) => {
  const share = whole ? (100 * part) / whole : 0;
  return share > 0 && share < 0.1 ? "< 0.1 %" : `${format(share, 1)} %`;
};
export const sides = (shape) => shape.join(" × ");
// a receptive field, for each axis; null: there is no border to it
export const fieldText = (field) => (field === null ? "all of the input" : sides(field) || "–");
const short = (n) => {
  const [size, unit] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([each]) => n >= each) ?? [1, ""];
  return `${Number((n / size).toPrecision(3))}${unit && ` ${unit}`}`;
};
// which of two is larger, and how many times
const ratio = (a, b, names) => {
  if (!a || !b) return "–";
  const times = Math.max(a, b) / Math.min(a, b);
  return times < 1.005 ? "the same" : `${names[a > b ? 0 : 1]}, ${times < 10 ? format(times, 2) : count(Math.round(times))} ×`;
};

const SHORTCUTS = ["none", "added as it is", "added behind weights", "appended to the channels"];
export const TEXT = {
  network: "Network",
  beside: "Beside it",
  none: "none",
  zoom: "Zoom to the stage",
  image: "image",
  strip: (name) => `Blocks of ${name}`,
  at: (network, block) => `${network.name}, block ${block.index + 1} of ${network.blocks.length}: ${block.kind} ${block.name}, ${sides(block.shape)}`,
  title: (network, block) => [block.kind, block.name === block.kind ? "" : block.name, `block ${block.index + 1} of ${network.blocks.length} of ${network.name}`],
  bars: {
    parameters: (network, most) => `Parameters: ${short(network.total.parameters)}, tallest bar ${percent(most, network.total.parameters)}`,
    macs: (network, most) => `MACs: ${short(network.total.macs)}, tallest bar ${percent(most, network.total.macs)}`,
    saved: (network, most) => `Memory kept for training: ${short(network.total.saved)}B, tallest bar ${percent(most, network.total.saved)}`,
    field: (network, most) => `Receptive field: up to ${count(most)}, image ${network.input.at(-1)}`,
  },
  facts: {
    shape: "Output",
    field: "Receptive field",
    parameters: "Parameters",
    macs: "MACs",
    saved: "Kept for training",
    alive: "Alive at inference",
    shortcut: "Shortcut",
    branches: "Branches side by side",
  },
  share: (n, whole, unit = "") => `${count(n)}${unit} (${percent(n, whole)})`,
  bytes: (n) => `${count(n)} B`,
  shortcuts: SHORTCUTS,
  layers: "Layers of the block",
  heads: ["", "Layer", "Output", "Parameters", "MACs", "Field", "Kept, B"],
  reads: (name) => `from ${name}`,
  lanes: "How the layers are joined, from top to bottom",
  code: (place) => (place ? `Code that builds it: ${place}` : "Code that builds it"),
  noCode: "There is no source for it.",
  unused: (network) => (network.unused ? ` ${count(network.unused)} parameters of ${network.name} are in heads that only training uses.` : ""),
  totals: {
    caption: "In all",
    quantity: "Quantity",
    difference: "The larger one",
    rows: { blocks: "Blocks", parameters: "Parameters", macs: "MACs", saved: "Kept for training, B", alive: "Alive at inference, B", share: "Parameters in the largest layer" },
    ratio,
  },
  legend: {
    image: "image",
    block: "block with weights",
    bare: "block without",
    stripes: "branches side by side",
    added: "shortcut, added as it is",
    weighted: "added behind weights",
    appended: "appended to the channels",
    side: "side of the image",
    all: "sees all of the image",
  },
  scale: "A box is what a block hands on: its height grows with the square root of the side, its width with that of the channels. The numbers under the boxes are sides in pixels. MACs are multiply-adds. Memory is that of the activations of one image in float32: what a backward pass needs, and the most that is there at once without one.",
  hint: "Click or drag to pick a block. Keys: arrows, Home, End; Page Up and Page Down go to the next size.",
  goals: { title: "Try this", reached: "reached: ", open: "open: " },
  problem: (name, given) => `${name} was ${given}, which this figure does not know; it shows its start instead.`,
};
