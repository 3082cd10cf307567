// The block pulled apart: a card of cells for each image, the set outlined in every card.

import { el } from "../live/shared.js";
import { put } from "./checklist.js";
import { signed } from "./maps.js";
import { MOST } from "./norm_state.js";
import { createBoxes, createOutputs } from "./pool_grid.js";

const PEAK = 2.5; // a result this far from 0 has the deepest colour
const paint = signed(PEAK);
const linear = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
const inkOn = ([r, g, b]) => (0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b) > 0.179 ? "#000" : "#fff");

const flag = (node, name, on) => node.hasAttribute(name) !== on && node.toggleAttribute(name, on);
const style = (node, text) => {
  if (node.dataset.style === text) return;
  node.style.cssText = text;
  node.dataset.style = text;
};

// In rows of channels and columns of images' places, as the keys walk them.
export const createCards = ({ text, onedit, onbad, onchoose, bag }) => {
  const place = (c, b) => [Math.floor(b / places), c, b % places];
  const stage = el("div", { class: "cnnbook-norm-cards" });
  const words = { cell: (c, b) => text.x.cell(place(c, b)), outputLabel: ([c, b], y, x) => (y === null ? text.resultHidden(place(c, b), x) : text.resultLabel(place(c, b), y, x)) };
  const at = (list) => list.map(([c, b, typed]) => [place(c, b), typed]);
  const boxes = createBoxes({ text: words, stage, onedit: (c, b, value) => onedit(place(c, b), value), onbad: (list) => onbad(at(list)), bag });
  const buttons = createOutputs({ text: words, stage, onchoose: ([c, b]) => onchoose(place(c, b)), bag });
  let places = 1;
  let built = "";
  let cells = [];
  let frames = [];

  const labels = (channels, extra) =>
    el("div", { class: `cnnbook-norm-channels ${extra}`, "aria-hidden": "true" }, Array.from({ length: channels }, (_, c) => el("span", { title: text.channelTitle(c) }, text.channel(c))));
  const card = (n, channels, inputs, outputs) => {
    const grid = el("div", { class: "cnnbook-norm-grid" });
    grid.style.setProperty("--cnnbook-norm-places", places);
    for (let c = 0; c < channels; c += 1)
      for (let p = 0; p < places; p += 1) {
        const node = el("div", { class: "cnnbook-norm-cell" }, inputs[c][n * places + p], outputs[c][n * places + p]);
        (cells[n] ??= [])[c] ??= [];
        cells[n][c][p] = { node, box: inputs[c][n * places + p], button: outputs[c][n * places + p] };
        grid.append(node);
      }
    frames.push(el("div", { class: "cnnbook-norm-frame", "aria-hidden": "true" }));
    grid.append(frames.at(-1));
    return el("div", { class: "cnnbook-norm-card", role: "group", "aria-label": text.card(n) }, el("p", {}, text.card(n)), grid);
  };
  const build = ([images, channels, p]) => {
    places = p;
    [cells, frames] = [[], []];
    const [inputs, outputs] = [boxes.build(channels, images * p), buttons.build(channels, images * p)];
    const slots = Array.from({ length: MOST[0] }, (_, n) =>
      n < images ? card(n, channels, inputs, outputs) : el("div", { class: "cnnbook-norm-card cnnbook-norm-none" }, el("p", {}, text.empty), el("div", { class: "cnnbook-norm-grid" })),
    );
    stage.style.setProperty("--cnnbook-norm-channels", channels);
    stage.replaceChildren(labels(channels, ""), slots[0], slots[1], labels(channels, "cnnbook-norm-second"), ...slots.slice(2));
  };
  const outline = (found, [n, c, p]) =>
    frames.forEach((frame, image) => {
      const part = found.layout.part([n, c, p], image);
      const [, channels, wide] = found.shape;
      frame.hidden = part === null;
      if (part === null) return;
      const [from, to, left, right] = part;
      style(frame, `top:${(100 * from) / channels}%;height:calc(${(100 * (to - from)) / channels}% + 5px);left:${(100 * left) / wide}%;width:calc(${(100 * (right - left)) / wide}% + 5px)`);
    });

  // made: { edited, moved } since the setting was chosen
  const set = (state, found, made, keep, room) => {
    const { x, selected, concealed } = state;
    const [images, channels, p] = found.shape;
    if (built !== String(found.shape)) build(found.shape);
    built = String(found.shape);
    const rows = (block) => Array.from({ length: channels }, (_, c) => Array.from({ length: images * p }, (__, b) => block[Math.floor(b / p)][c][b % p]));
    boxes.set(rows(x), room, keep);
    buttons.set(rows(found.y.map((image) => image.map((row) => row.map((y) => (concealed ? null : y))))), rows(x), [selected[1], selected[0] * p + selected[2]], room);
    const all = x.flat(2);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const edited = new Set(made.edited.map(String));
    cells.forEach((image, n) =>
      image.forEach((row, c) =>
        row.forEach(({ node, box, button }, k) => {
          if (concealed) put(button, text.covered);
          const rgb = concealed ? null : paint(found.y[n][c][k]);
          style(button, rgb ? `background:rgb(${rgb});color:${inkOn(rgb)}` : "");
          style(box, `--cnnbook-norm-share:${high > low ? Math.round((40 * (x[n][c][k] - low)) / (high - low)) : 0}%`);
          flag(node, "data-set", found.layout.of(n, c, k) === found.set);
          flag(node, "data-edited", edited.has(String([n, c, k])));
          flag(node, "data-moved", !concealed && made.moved[n][c][k]);
        }),
      ),
    );
    outline(found, selected);
  };
  return { node: stage, set };
};
