// The set on a number line: a lane of dots for each image, between a ruler of x and one of results.

import { clamp, el, format, svg as make } from "../live/shared.js";
import { MOST } from "./norm_state.js";
import { EPS, LARGEST } from "./norm_sums.js";

const [LEFT, RIGHT, TOP, LANE, FOOT] = [62, 12, 30, 24, 46];
const HEIGHT = TOP + MOST[0] * LANE + FOOT;
const BOTTOM = HEIGHT - FOOT;
const ROOM = 44; // least distance of two ticks

// the smallest of 1, 2, 5, 10 … times a power of ten that keeps ticks apart
const stepFor = (least) => {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find((part) => part * power >= least * 0.999);
};
export const ticks = (low, high, pixels) => {
  const step = stepFor(((high - low) * ROOM) / pixels);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
};
// from where to where the line runs
export const extent = (values, mean, deviation) => {
  const [low, high] = [Math.min(...values, mean - deviation), Math.max(...values, mean + deviation)];
  const margin = 0.3 * (high - low || 1);
  return [low - margin, high + margin];
};
const text = (value) => format(value, 6);

// A drawing as a list of [kind, attributes, text]; what is already drawn so stays.
const svg = (kind, attrs, words = "") => [kind, attrs, words];
const redraw = (parent, wanted) => {
  const drawn = (parent.cnnbookDrawn ??= []);
  wanted.forEach(([kind, attrs, words], i) => {
    const old = drawn[i];
    if (old?.kind !== kind) {
      const node = make(kind, attrs, words);
      if (old) old.node.replaceWith(node);
      else parent.append(node);
      drawn[i] = { kind, attrs, words, node };
      return;
    }
    for (const name of new Set([...Object.keys(attrs), ...Object.keys(old.attrs)]))
      if (attrs[name] === undefined) old.node.removeAttribute(name);
      else if (String(attrs[name]) !== String(old.attrs[name])) old.node.setAttribute(name, attrs[name]);
    if (words !== old.words) old.node.textContent = words;
    drawn[i] = { kind, attrs, words, node: old.node };
  });
  for (const { node } of drawn.splice(wanted.length)) node.remove();
};

export const createLine = ({ words, ondrag, bag }) => {
  const node = make("svg", { class: "cnnbook-norm-line", role: "img", height: HEIGHT });
  const cover = el("p", { class: "cnnbook-norm-cover" }, words.covered);
  const wrap = el("div", { class: "cnnbook-norm-wrap" }, node, cover);
  let [width, range, held, dots] = [600, [0, 1], null, []];
  const across = (value) => LEFT + ((value - range[0]) / (range[1] - range[0])) * (width - LEFT - RIGHT);
  const back = (px) => range[0] + ((px - LEFT) / (width - LEFT - RIGHT)) * (range[1] - range[0]);

  const ruler = (y, values, at, up, name) => [
    svg("path", { class: "cnnbook-norm-axis", d: `M${LEFT},${y}H${width - RIGHT}${values.map((value) => `M${at(value).toFixed(1)},${y}v${up ? -5 : 5}`).join("")}` }),
    ...values.map((value) => svg("text", { x: at(value), y: up ? y - 9 : y + 18, "text-anchor": "middle" }, text(value))),
    svg("text", { x: 4, y: up ? y - 9 : y + 18, class: "cnnbook-norm-name" }, name),
  ];
  const lanes = (found) =>
    Array.from({ length: MOST[0] }, (_, n) => {
      const y = TOP + n * LANE;
      const inside = found.members.some(({ at }) => at[0] === n);
      const label = n < found.shape[0] ? words.lane(n) : words.none;
      return [
        svg("path", { class: "cnnbook-norm-lane", d: `M${LEFT},${y + LANE}H${width - RIGHT}` }),
        svg("text", { x: 4, y: y + LANE / 2 + 4, class: inside ? "cnnbook-norm-name" : "cnnbook-norm-faint" }, label),
        !inside && n < found.shape[0] ? svg("text", { x: LEFT + 8, y: y + LANE / 2 + 4, class: "cnnbook-norm-faint" }, words.outside) : null,
      ];
    }).flat();
  // dots of one lane that would cover each other share the lane's height
  const spread = (members) => {
    const rows = new Map();
    return members.map((member) => {
      const key = `${member.at[0]},${Math.round(across(member.value) / 8)}`;
      rows.set(key, (rows.get(key) ?? 0) + 1);
      return { ...member, key, level: rows.get(key) - 1 };
    }).map((member) => ({ ...member, of: rows.get(member.key) }));
  };
  const dot = ({ value, at, level, of }, state) => {
    const mine = String(at) === String(state.selected);
    const gap = Math.min(5, (LANE - 12) / Math.max(1, of - 1));
    const shape = { cx: across(value).toFixed(1), cy: TOP + at[0] * LANE + LANE / 2 + (level - (of - 1) / 2) * gap, r: mine ? 7 : 5.5 };
    return svg("circle", { ...shape, class: `cnnbook-norm-dot${mine ? " cnnbook-norm-mine" : ""}`, "data-at": at.join() });
  };

  const paint = (state, found) => {
    cover.hidden = !state.concealed;
    const [mean, variance] = found.used[found.set];
    const deviation = Math.sqrt(variance + EPS);
    node.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    node.setAttribute("width", width);
    node.setAttribute("aria-label", state.concealed ? words.hidden : words.label(found.layout.count, mean, Math.sqrt(variance), state.selected, found.result));
    if (!held) range = extent(found.members.map(({ value }) => value), mean, Math.sqrt(variance));
    dots = spread(found.members);
    const above = ticks(...range, width - LEFT - RIGHT);
    if (state.concealed) return redraw(node, []);
    const results = range.map((value) => (value - mean) / deviation);
    const below = results[1] - results[0] > 1000 ? [0] : ticks(...results, width - LEFT - RIGHT);
    const [from, to] = [mean - deviation, mean + deviation].map((value) => clamp(across(value), LEFT, width - RIGHT));
    const place = across(found.value);
    const told = format(found.result, 2);
    const room = 10 + 8 * told.length;
    const middle = clamp(place, LEFT + room / 2, width - RIGHT - room / 2);
    return redraw(node, [
      svg("rect", { class: "cnnbook-norm-band", x: from, y: TOP, width: Math.max(1, to - from), height: BOTTOM - TOP }),
      ...ruler(TOP, above, across, true, words.above),
      ...lanes(found).filter(Boolean),
      svg("path", { class: "cnnbook-norm-mean", d: `M${clamp(across(mean), LEFT, width - RIGHT).toFixed(1)},${TOP}V${BOTTOM}` }),
      svg("path", { class: "cnnbook-norm-drop", d: `M${place.toFixed(1)},${TOP}V${BOTTOM + 23}` }),
      ...ruler(BOTTOM, below, (value) => across(mean + value * deviation), false, words.below),
      svg("rect", { class: "cnnbook-norm-pill", x: middle - room / 2, y: BOTTOM + 23, width: room, height: 20, rx: 4 }),
      svg("text", { class: "cnnbook-norm-told", x: middle, y: BOTTOM + 38, "text-anchor": "middle" }, told),
      ...[...dots].sort((a, b) => (String(a.at) === String(state.selected)) - (String(b.at) === String(state.selected))).map((each) => dot(each, state)),
    ]);
  };

  bag.listen(node, "pointerdown", (event) => {
    const at = event.target.dataset?.at;
    if (!at || event.button !== 0) return;
    held = at.split(",").map(Number);
    node.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  bag.listen(node, "pointermove", (event) => {
    if (!held) return;
    const px = clamp(event.clientX - node.getBoundingClientRect().left, LEFT, width - RIGHT);
    const more = 0.04 * (range[1] - range[0]); // at an end, the line grows
    range = [range[0] - (px === LEFT ? more : 0), range[1] + (px === width - RIGHT ? more : 0)];
    const unit = stepFor((range[1] - range[0]) / 200);
    ondrag(held, clamp(Number((Math.round(back(px) / unit) * unit).toPrecision(10)), -LARGEST, LARGEST));
  });
  const release = () => {
    if (!held) return;
    held = null;
    ondrag(null);
  };
  bag.listen(node, "pointerup", release);
  bag.listen(node, "pointercancel", release);
  const measure = () => (width = Math.max(280, wrap.clientWidth || 600));
  return { node: wrap, paint, measure };
};
