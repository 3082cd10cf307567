// The strip of blocks: a row of toggles in stages, a shortcut past each, a button between neighbours.

import { el, svg } from "../live/shared.js";
import { put, relabel } from "./parts.js";
import { swap } from "./surgery_state.js";

const arrows = () => svg("svg", { viewBox: "0 0 16 12", width: 16, height: 12, "aria-hidden": "true" }, svg("path", { d: "M1 3.5H13M10 .8 13 3.5 10 6.2M15 8.5H3M6 5.8 3 8.5 6 11.2" }));

// ontoggle(block), onswap(at): the blocks at places at and at + 1; onstay(block): it cannot move so
export const createStrip = ({ text, ontoggle, onswap, onstay, bag }) => {
  const node = el("div", { class: "cnnbook-surgery-strip", role: "group", "aria-label": text.strip });
  let [slots, swaps, sizes, state, last] = [[], [], "", null, 0];

  const roam = (at) => {
    slots[last]?.button.setAttribute("tabindex", -1);
    last = Math.max(0, Math.min(at, slots.length - 1));
    slots[last].button.setAttribute("tabindex", 0);
  };
  const focus = (at) => {
    roam(at);
    slots[last].button.focus();
  };
  const blockAt = (at) => state.order.join("")[at];
  const move = (at, step) => {
    const place = step < 0 ? at - 1 : at;
    if (place < 0 || swap(state.arrangements, state.order, place) === null) return onstay(blockAt(at));
    onswap(place);
    return focus(at + step);
  };
  bag.listen(node, "focusin", ({ target }) => target.dataset.at && roam(Number(target.dataset.at)));
  bag.listen(node, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.dataset.at) return;
    const at = Number(event.target.dataset.at);
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const goal = { Home: 0, End: slots.length - 1 }[event.key] ?? (step && at + step);
    if (goal === undefined) return;
    event.preventDefault();
    if (step && event.shiftKey) move(at, step);
    else focus(goal);
  });

  const build = (order) => {
    const lengths = order.map((stage) => stage.length);
    sizes = String(lengths);
    [slots, swaps] = [[], []];
    const stages = lengths.map((count, i) => {
      const first = slots.length;
      for (let j = 0; j < count; j += 1) {
        const button = el("button", { type: "button", tabindex: -1, "data-at": first + j, onclick: () => ontoggle(blockAt(first + j)) });
        slots.push({ button, stage: i, node: el("div", { class: "cnnbook-surgery-slot" }, button, el("i", {})) });
      }
      for (let j = 0; j + 1 < count; j += 1) {
        const between = el("button", { type: "button", class: "cnnbook-surgery-swap", "data-swap": first + j, onclick: () => onswap(first + j) }, arrows());
        between.style.left = `${(100 * (j + 1)) / count}%`;
        swaps.push({ button: between, at: first + j });
      }
      const row = el("div", { class: "cnnbook-surgery-slots" }, slots.slice(first).map((slot) => slot.node), swaps.filter(({ at }) => at >= first).map(({ button }) => button));
      const stage = el("div", { class: "cnnbook-surgery-stage" }, el("span", {}, text.stage(i)), row);
      stage.style.flexGrow = count;
      return stage;
    });
    node.replaceChildren(...stages);
    roam(last);
  };
  const set = (next) => {
    state = next;
    if (sizes !== String(state.order.map((stage) => stage.length))) build(state.order);
    const first = state.arrangements.stages.map(([whole]) => whole).join("");
    slots.forEach(({ button, stage, node: slot }, at) => {
      const block = blockAt(at);
      const isOut = state.out.includes(block);
      put(button, block);
      relabel(button, text.block(block, stage));
      button.setAttribute("aria-pressed", String(!isOut));
      slot.toggleAttribute("data-out", isOut);
      slot.toggleAttribute("data-moved", first[at] !== block);
    });
    for (const { button, at } of swaps) {
      button.hidden = swap(state.arrangements, state.order, at) === null;
      relabel(button, text.swap(blockAt(at), blockAt(at + 1)));
    }
  };
  return { node, set };
};
