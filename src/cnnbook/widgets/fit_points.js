// Samples of the reader's own: placed, dragged and removed by mouse, touch and keyboard.

import { clamp } from "../live/shared.js";
import { HIGHEST } from "./fit_state.js";

const REACH = { mouse: 12, pen: 16, touch: 24 }; // pixels to a sample that still take hold of it
const STILL = 6; // pixels that a press may move and yet place a sample
const STEP = { x: 0.02, y: 0.05, shift: 5 };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };

const round = (value) => Math.round(value * 1000) / 1000;
const bounded = ([x, y]) => [round(clamp(x, -1, 1)), round(clamp(y, -HIGHEST, HIGHEST))];
export const pointsOf = ({ x, y }) => Array.from(x, (at, i) => [at, clamp(y[i], -HIGHEST, HIGHEST)]);
export const moved = (points, index, to) => points.map((point, i) => (i === index ? bounded(to) : point));
export const placed = (points, at) => [...points, bounded(at)];
export const removed = (points, index) => points.filter((_, i) => i !== index);

// indices from the leftmost sample to the rightmost
export const inOrder = (points) => points.map((_, i) => i).sort((a, b) => points[a][0] - points[b][0] || points[a][1] - points[b][1]);
export const neighbour = (points, index, step) => {
  const order = inOrder(points);
  const at = order.indexOf(index);
  return at < 0 ? order[step > 0 ? 0 : order.length - 1] : order[clamp(at + step, 0, order.length - 1)];
};
// the middle of the widest gap in x, with the height of its two ends' mean
export const gap = (points) => {
  const sorted = inOrder(points).map((i) => points[i]);
  const ends = [[-1, sorted[0][1]], ...sorted, [1, sorted.at(-1)[1]]];
  const gaps = ends.slice(1).map(([x], i) => x - ends[i][0]);
  const at = gaps.indexOf(Math.max(...gaps));
  return [(ends[at][0] + ends[at + 1][0]) / 2, (ends[at][1] + ends[at + 1][1]) / 2];
};

// scale(): the plot's scale; state(): what is shown; onselect(index), onpoints(points, selected)
export const editPoints = ({ canvas, scale, state, onselect, onpoints, bag }) => {
  let held = null; // { index } of the sample that is dragged
  let pressed = null; // where a press began that may place one
  const pixel = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) * scale().width) / box.width, ((event.clientY - box.top) * scale().height) / box.height];
  };
  const value = ([left, top]) => [scale().atX(left), scale().atY(top)];
  const hit = ([left, top], kind) => {
    const [at, points] = [scale(), pointsOf(state())];
    const far = points.map(([x, y]) => Math.hypot(at.x(x) - left, at.y(y) - top));
    const best = far.indexOf(Math.min(...far));
    return far[best] <= (REACH[kind] ?? REACH.mouse) ? best : -1;
  };

  bag.listen(canvas, "pointerdown", (event) => {
    if (event.button !== 0) return;
    const at = pixel(event);
    const index = hit(at, event.pointerType);
    if (index < 0) return void (pressed = at);
    held = { index };
    canvas.setPointerCapture(event.pointerId);
    onselect(index);
  });
  bag.listen(canvas, "pointermove", (event) => {
    const at = pixel(event);
    if (held) return onpoints(moved(pointsOf(state()), held.index, value(at)), held.index);
    canvas.style.cursor = hit(at, event.pointerType) < 0 ? "crosshair" : "grab";
    return undefined;
  });
  bag.listen(canvas, "pointerup", (event) => {
    const at = pixel(event);
    if (pressed && Math.hypot(at[0] - pressed[0], at[1] - pressed[1]) <= STILL) {
      const points = placed(pointsOf(state()), value(at));
      onpoints(points, points.length - 1);
    }
    held = pressed = null;
  });
  bag.listen(canvas, "pointercancel", () => (held = pressed = null));
  // a finger on a sample drags it; anywhere else it scrolls the page
  const touched = (event) => {
    const [finger] = event.touches;
    if (event.touches.length === 1 && hit(pixel(finger), "touch") >= 0) event.preventDefault();
  };
  bag.listen(canvas, "touchstart", touched, { passive: false });

  const place = () => {
    const points = placed(pointsOf(state()), gap(pointsOf(state())));
    onpoints(points, points.length - 1);
  };
  const remove = () => {
    const { selected } = state();
    if (selected >= 0) onpoints(removed(pointsOf(state()), selected), -1);
  };
  bag.listen(canvas, "keydown", (event) => {
    const { selected } = state();
    const points = pointsOf(state());
    const order = inOrder(points);
    const arrow = ARROWS[event.key];
    const choose = {
      Home: () => order[0],
      End: () => order.at(-1),
      PageUp: () => neighbour(points, selected, -1),
      PageDown: () => neighbour(points, selected, 1),
      Escape: () => -1,
    }[event.key];
    const act = { Enter: place, Insert: place, Delete: remove, Backspace: remove }[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey || !(arrow || choose || act) || (event.shiftKey && event.key === "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    if (act) return act();
    if (choose || selected < 0) return onselect(choose ? choose() : order[0]);
    const far = event.shiftKey ? STEP.shift : 1;
    const [x, y] = points[selected];
    return onpoints(moved(points, selected, [x + arrow[0] * STEP.x * far, y + arrow[1] * STEP.y * far]), selected);
  });
  return { place, remove };
};
