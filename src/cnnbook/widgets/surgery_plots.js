// Accuracies as bars, paths as columns, tries as dots: all in per cent of their box, nothing is measured.

import { el, svg } from "../live/shared.js";
import { put, relabel } from "./parts.js";
import { bests, KINDS, paths } from "./surgery_state.js";

const at = (name, share) => `${name}:${(100 * share).toFixed(2)}%`;

// One bar for each network, with marks at the whole network's accuracy and at guessing.
export const createBars = (text) => {
  const nets = Object.fromEntries(KINDS.map((kind) => {
    const [fill, whole, chance] = ["fill", "whole", "chance"].map((part) => el("i", { class: `cnnbook-surgery-${part}` }));
    const [value, change] = [el("strong", {}), el("span", { class: "cnnbook-muted" })];
    const node = el("div", { class: "cnnbook-surgery-net", "data-kind": kind }, el("span", {}, text.nets[kind]), el("div", { class: "cnnbook-surgery-track", "aria-hidden": "true" }, fill, chance, whole), el("p", {}, value, " ", change));
    return [kind, { node, fill, whole, chance, value, change }];
  }));
  const guess = el("span", { "data-key": "chance" });
  const legend = el("p", { class: "cnnbook-surgery-key cnnbook-muted" }, el("strong", {}, text.accuracy), el("span", { "data-key": "whole" }, text.marks.whole), guess);
  const set = ({ chance, concealed }, { now, whole }) => {
    put(guess, text.marks.chance(chance));
    for (const kind of KINDS) {
      const net = nets[kind];
      net.fill.style.cssText = at("width", concealed ? 0 : now[kind] / 1000);
      net.whole.style.cssText = at("left", whole[kind] / 1000);
      net.chance.style.cssText = at("left", chance);
      put(net.value, concealed ? text.covered[0] : text.value(now[kind]));
      put(net.change, concealed ? text.covered[1] : text.change(whole[kind], now[kind]));
    }
  };
  return { node: el("div", { class: "cnnbook-surgery-bars" }, legend, KINDS.map((kind) => nets[kind].node)), set };
};

const panel = (title, about, plot, axis, key = []) => el("section", { class: "cnnbook-surgery-panel" }, el("p", { class: "cnnbook-surgery-key" }, el("strong", {}, title), key), about, plot, axis);

// Columns: how many paths go through 0, 1, 2, … blocks; behind them those of the whole network.
export const createPaths = (text) => {
  const about = el("p", { class: "cnnbook-surgery-about" });
  const plot = el("div", { class: "cnnbook-surgery-columns", role: "img" });
  let columns = [];
  const build = (all) => {
    columns = paths(all).map((count, k) => {
      const [count_, fill] = [el("b", {}), el("i", {})];
      const ghost = el("i", { class: "cnnbook-surgery-ghost" });
      ghost.style.cssText = at("height", count / Math.max(...paths(all)));
      return { count: count_, fill, node: el("div", {}, el("div", {}, ghost, fill, count_), el("span", {}, String(k))) };
    });
    plot.replaceChildren(...columns.map(({ node }) => node));
  };
  const set = ({ left, all }) => {
    if (columns.length !== all + 1) build(all);
    const row = paths(left);
    const most = Math.max(...paths(all));
    columns.forEach(({ count, fill }, k) => {
      const share = (row[k] ?? 0) / most;
      put(count, row[k] ? String(row[k]) : "");
      fill.style.cssText = at("height", share);
      count.style.cssText = at("bottom", share);
    });
    put(about, text.paths(left, all));
    relabel(plot, text.pathsLabel(row));
  };
  return { node: panel(text.pathsTitle, about, plot, el("p", { class: "cnnbook-surgery-axis cnnbook-muted" }, text.pathsAxis)), set };
};

const SCALE = [0, 500, 1000];
// Dots: every arrangement that was tried, blocks left against accuracy; a line joins the best.
export const createTries = (text) => {
  const about = el("p", { class: "cnnbook-surgery-about" });
  const layers = ["grid", "lines", "dots", "now"].map((part) => svg("g", { class: `cnnbook-surgery-${part}` }));
  const [grid, lines, dots, marks] = layers;
  const plot = svg("svg", { width: "100%", height: "100%", role: "img" }, ...layers);
  const cover = el("p", { class: "cnnbook-surgery-cover cnnbook-muted" }, text.hidden);
  const ticks = el("div", { class: "cnnbook-surgery-ticks", "aria-hidden": "true" });
  const scale = el("div", { class: "cnnbook-surgery-scale", "aria-hidden": "true" }, SCALE.map((perMille) => el("span", { style: at("bottom", perMille / 1000) }, `${perMille / 10} %`)));
  const node = panel(text.triesTitle, about, el("div", { class: "cnnbook-surgery-tries" }, scale, el("div", {}, plot, cover), ticks), el("p", { class: "cnnbook-surgery-axis cnnbook-muted" }, text.triesAxis),
    KINDS.map((kind) => el("span", { class: "cnnbook-muted", "data-key": kind }, text.nets[kind])));
  let [all, drawn, made] = [0, new Set(), []];

  const x = (left) => `${(100 * (all - left + 0.5)) / (all + 1)}%`;
  const y = (perMille) => `${100 - perMille / 10}%`;
  const shape = (kind, left, perMille) => (kind === "residual" ? svg("circle", { "data-kind": kind, cx: x(left), cy: y(perMille), r: 4.5 }) : svg("rect", { "data-kind": kind, x: x(left), y: y(perMille), width: 7, height: 7, transform: "translate(-3.5 -3.5)" }));
  const join = (kind, list) => list.slice(1).map(([left, perMille], i) => svg("line", { "data-kind": kind, x1: x(list[i][0]), y1: y(list[i][1]), x2: x(left), y2: y(perMille) }));
  const build = (count, chance) => {
    all = count;
    drawn = new Set();
    dots.replaceChildren();
    const level = (share, name) => svg("line", { x1: 0, x2: "100%", y1: y(share), y2: y(share), class: name });
    grid.replaceChildren(...SCALE.map((perMille) => level(perMille)), level(chance * 1000, "cnnbook-surgery-guess"));
    ticks.replaceChildren(...Array.from({ length: all + 1 }, (_, i) => el("span", {}, String(all - i))));
  };
  const set = ({ arrangements, concealed, chance }, { tried, now, seen, left, all: count }) => {
    const kept = new Set(concealed ? [] : seen);
    if (all !== count || made[0] !== arrangements || made[1] !== chance || [...drawn].some((key) => !kept.has(key))) build(count, chance);
    made = [arrangements, chance];
    const shown = concealed ? [] : tried;
    for (const each of shown) {
      if (drawn.has(each.key)) continue;
      drawn.add(each.key);
      dots.append(...KINDS.map((kind) => shape(kind, each.left, each[kind])));
    }
    const best = KINDS.map((kind) => [kind, bests(shown, kind)]);
    lines.replaceChildren(...best.flatMap(([kind, list]) => join(kind, list)));
    marks.replaceChildren(...(concealed ? [] : KINDS.map((kind) => shape(kind, left, now[kind]))));
    cover.hidden = !concealed;
    put(about, concealed ? "" : text.tries(shown.length));
    relabel(plot, concealed ? text.hidden : text.triesLabel(best));
  };
  return { node, set };
};
