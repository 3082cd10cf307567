// A network as a strip of blocks drawn to scale, with bars under it, on one canvas.

import { clamp, colours, el } from "../live/shared.js";
import { side, SHORTCUT, stageAt } from "./arch_state.js";
import { TEXT } from "./arch_text.js";

const ROOM = { arcs: 26, bridges: 62 }; // above the boxes
const HIGH = 104; // of a box as large as the largest image
const LABELS = 22;
const BAR = { label: 17, height: 28, gap: 6 };
const BARS = ["parameters", "macs", "saved", "field"];
const EDGE = 4;
export const heightOf = (top) => top + HIGH + LABELS + BARS.length * (BAR.label + BAR.height + BAR.gap);
export const roomAbove = (network) => (network.blocks.some(({ index, reads }) => reads.some((source) => source < index - 1)) ? ROOM.bridges : ROOM.arcs);
const MOST = { wide: 6, gap: 16 }; // pixels for the root of one channel, and between boxes

const root = (n) => Math.sqrt(Math.max(n, 1));
const fieldSize = (block, network) => (block.field === null || !block.field.length ? null : Math.max(...block.field));

// Boxes of the image (−1) and of blocks first … end − 1: { index, x, w, h }; `largest` is the side drawn HIGH.
export const layOut = (network, [first, end], width, largest) => {
  const shown = network.blocks.slice(first, end).map(({ index, shape }) => ({ index, shape }));
  const items = first === 0 ? [{ index: -1, shape: network.input }, ...shown] : shown;
  const room = width - 2 * EDGE;
  const units = items.map(({ shape }) => root(shape[0]));
  const total = units.reduce((a, b) => a + b, 0);
  const spaces = Math.max(items.length - 1, 1);
  const least = Math.min(0.3 * room, 5 * spaces);
  const wide = Math.min(MOST.wide, (room - least) / total);
  const gap = Math.min(MOST.gap, (room - wide * total) / spaces);
  let x = EDGE;
  return items.map(({ index, shape }, i) => {
    const w = wide * units[i];
    const box = { index, x, w, h: Math.max(3, (HIGH * root(side(shape))) / root(largest)), gap };
    x += w + gap;
    return box;
  });
};
export const rangeOf = (state, network, index) => (state.zoom ? stageAt(network, index) : [0, network.blocks.length]);
// the block whose box, with half the gaps beside it, holds a place
export const blockAt = (boxes, x) => {
  const blocks = boxes.filter(({ index }) => index >= 0);
  return (blocks.find((box) => x < box.x + box.w + box.gap / 2) ?? blocks.at(-1)).index;
};

const drawBox = (ctx, box, block, colour, middle) => {
  const [x, y, w, h] = [box.x, middle - box.h / 2, Math.max(box.w, 2), box.h];
  ctx.fillStyle = !block ? colour.input : block.parameters ? colour.output : colour.line;
  const stripes = block ? Math.min(block.branches, Math.floor(h / 3)) : 1;
  if (stripes < 2) return ctx.fillRect(x, y, w, h);
  const each = h / stripes;
  for (let i = 0; i < stripes; i += 1) ctx.fillRect(x, y + i * each, w, each - Math.min(2, each / 3));
};
const DASH = { [SHORTCUT.added]: [], [SHORTCUT.weighted]: [5, 3], [SHORTCUT.appended]: [1.5, 2.5] };
const drawShortcut = (ctx, box, before, block, middle) => {
  const [from, to] = [box.x - box.gap / 2, box.x + box.w + box.gap / 2];
  const foot = middle - Math.max(box.h, before?.h ?? 0) / 2 - 3;
  ctx.setLineDash(DASH[block.shortcut]);
  ctx.beginPath();
  ctx.moveTo(from, foot);
  ctx.bezierCurveTo(from, foot - 15, to, foot - 15, to, foot);
  ctx.stroke();
};
// from an earlier block than the one before: an arc, the higher the longer
const drawBridge = (ctx, from, to, width, middle) => {
  const [a, b] = [from.x + from.w / 2, to.x + to.w / 2];
  const tops = [from, to].map((box) => middle - box.h / 2 - 2);
  const peak = Math.max(4, Math.min(...tops) - 10 - ((b - a) / width) * 60);
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(a, tops[0]);
  ctx.bezierCurveTo(a, peak, b, peak, b, tops[1]);
  ctx.stroke();
};

const drawLabels = (ctx, network, boxes, [first, end], colour, bottom) => {
  ctx.fillStyle = colour.muted;
  ctx.textAlign = "center";
  let free = 0;
  for (const [a, b] of network.stages) {
    const inside = boxes.filter(({ index }) => index >= Math.max(a, first) && index < Math.min(b, end));
    if (!inside.length) continue;
    const text = String(side(network.blocks[a].shape));
    const at = (inside[0].x + inside.at(-1).x + inside.at(-1).w) / 2;
    const half = ctx.measureText(text).width / 2;
    if (at - half < free) continue;
    ctx.fillText(text, at, bottom + 15);
    free = at + half + 5;
  }
};

const rule = (ctx, y, width, stroke, dash) => {
  ctx.strokeStyle = stroke;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(EDGE, y);
  ctx.lineTo(width - EDGE, y);
  ctx.stroke();
};
const drawBars = (ctx, network, boxes, name, top, width, colour) => {
  const value = (block) => (name === "field" ? fieldSize(block, network) : block[name]);
  const values = network.blocks.map(value).filter((each) => each !== null);
  const most = Math.max(...values, 0);
  const limit = name === "field" ? Math.max(most, side(network.input)) : most;
  ctx.fillStyle = colour.ink;
  ctx.textAlign = "left";
  ctx.fillText(TEXT.bars[name](network, most), EDGE, top + 12);
  const base = top + BAR.label + BAR.height;
  ctx.setLineDash([]);
  ctx.strokeStyle = ctx.fillStyle = { parameters: colour.kernel, macs: colour.muted, saved: colour.output, field: colour.input }[name];
  for (const { index, x, w } of boxes) {
    if (index < 0) continue;
    const given = value(network.blocks[index]);
    const h = limit ? (BAR.height * (given ?? limit)) / limit : 0;
    if (given === null) ctx.strokeRect(x + 0.5, base - h + 0.5, Math.max(w - 1, 1), h);
    else if (h > 0) ctx.fillRect(x, base - Math.max(h, 0.75), Math.max(w, 1.5), Math.max(h, 0.75));
  }
  rule(ctx, base + 0.5, width, colour.line, []);
  if (name === "field") rule(ctx, base - (BAR.height * side(network.input)) / limit, width, colour.ink, [4, 3]);
};

export const drawStrip = (ctx, { network, boxes, range, index, width, top, colour, font, active }) => {
  const [middle, height] = [top + HIGH / 2, heightOf(top)];
  ctx.clearRect(0, 0, width, height);
  ctx.font = `12px ${font}`;
  const at = new Map(boxes.map((box) => [box.index, box]));
  const picked = at.get(index);
  if (picked) {
    ctx.fillStyle = colour.panel;
    ctx.fillRect(picked.x - 3, 0, picked.w + 6, height);
    ctx.strokeStyle = active ? colour.accent : colour.line;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([]);
    ctx.strokeRect(picked.x - 3, 0.75, picked.w + 6, height - 1.5);
  }
  ctx.strokeStyle = colour.ink;
  ctx.lineWidth = 1.3;
  boxes.forEach((box, i) => {
    const block = network.blocks[box.index];
    drawBox(ctx, box, block, colour, middle);
    if (!block) return;
    if (block.shortcut) drawShortcut(ctx, box, boxes[i - 1], block, middle);
    for (const source of block.reads) if (source < box.index - 1 && at.has(source)) drawBridge(ctx, at.get(source), box, width, middle);
  });
  drawLabels(ctx, network, boxes, range, colour, top + HIGH);
  ctx.lineWidth = 1;
  BARS.forEach((name, i) => drawBars(ctx, network, boxes, name, top + HIGH + LABELS + i * (BAR.label + BAR.height + BAR.gap), width, colour));
};

// onpick(index of a block)
export const createStrip = ({ onpick, bag }) => {
  const canvas = el("canvas", { "aria-hidden": "true" });
  const node = el("div", { class: "cnnbook-arch-strip", role: "slider", tabindex: 0, "aria-valuemin": 1, "aria-orientation": "horizontal" }, canvas);
  let now = null;
  let colour = null;
  let sized = "";
  let held = false;
  const pick = (index) => now && onpick(clamp(index, 0, now.network.blocks.length - 1));
  const point = (event) => pick(blockAt(now.boxes, event.clientX - canvas.getBoundingClientRect().left));
  const stage = (step) => {
    const { stages } = now.network;
    const own = stages.indexOf(stageAt(now.network, now.index));
    return stages[clamp(own + step, 0, stages.length - 1)][0];
  };
  const pressed = (event) => {
    if (!now || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    const goal = { Home: () => 0, End: () => now.network.blocks.length - 1, PageUp: () => stage(1), PageDown: () => stage(-1) }[event.key];
    if (!goal && !steps[event.key]) return;
    event.preventDefault();
    pick(goal ? goal() : now.index + steps[event.key]);
  };
  bag.listen(node, "keydown", pressed);
  bag.listen(node, "pointerdown", (event) => {
    if (event.button) return;
    held = true;
    node.setPointerCapture(event.pointerId);
    point(event);
  });
  bag.listen(node, "pointermove", (event) => held && point(event));
  for (const name of ["pointerup", "pointercancel"]) bag.listen(node, name, () => (held = false));
  const draw = (state, network, index, { width, largest, top, active }) => {
    const height = heightOf(top);
    const range = rangeOf(state, network, index);
    const boxes = layOut(network, range, width, largest);
    const scale = globalThis.devicePixelRatio || 1;
    if (sized !== `${width}/${height}/${scale}`) {
      sized = `${width}/${height}/${scale}`;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const ctx = canvas.getContext("2d");
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    if (!colour?.all.ink) colour = { all: colours(node), font: getComputedStyle(node).fontFamily }; // none yet while it is not on the page
    now = { network, index, boxes };
    drawStrip(ctx, { network, boxes, range, index, width, top, colour: colour.all, font: colour.font, active });
    const told = { "aria-label": TEXT.strip(network.name), "aria-valuemax": network.blocks.length, "aria-valuenow": index + 1, "aria-valuetext": TEXT.at(network, network.blocks[index]) };
    for (const [name, value] of Object.entries(told)) if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  };
  return { node, draw, recolour: () => (colour = null) };
};
