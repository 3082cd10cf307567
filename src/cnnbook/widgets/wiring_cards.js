// The layers' controls: a card for each layer of the stack, and a place to add the next.

import { button, checkbox, el, select, slider } from "../live/shared.js";
import { put } from "./checklist.js";
import { divisors, movesNothing, weightsOf } from "./wiring_graph.js";
import { DENSE, KERNELS, MOST } from "./wiring_state.js";

// text: TEXT; state(): what is shown now; onlayers(layers)
export const createCards = ({ text, state, onlayers }) => {
  const change = (index, changes) => onlayers(state().layers.map((layer, i) => (i === index ? { ...layer, ...changes } : layer)));
  const create = (index) => {
    const kernel = select({ label: text.kernel, options: KERNELS.map((k) => [k, text.kernels[k]]), value: 3, onchange: (k) => change(index, { kernel_size: Number(k) }) });
    const stops = () => divisors(state()?.channels ?? MOST.channels);
    const describe = (at) => String(stops()[at] ?? 1);
    const groups = slider({ label: text.groups, min: 0, max: 5, value: 0, describe, oninput: (at) => change(index, { groups: stops()[at] }) });
    const shuffle = checkbox({ label: text.shuffle, checked: false, onchange: (on) => change(index, { shuffle: on }) });
    const [split, sum, moved] = ["split", "sum", "moved"].map((name) => el("p", { class: `cnnbook-wiring-${name}` }));
    const away = button(text.removeSign, () => {
      onlayers(state().layers.slice(0, -1));
      adds[index].focus();
    }, { class: "cnnbook-button cnnbook-wiring-away", "aria-label": text.remove(index + 1), title: text.remove(index + 1) });
    const kind = el("span", { class: "cnnbook-wiring-kind" });
    const title = el("p", { class: "cnnbook-wiring-layer" }, el("span", {}, `${text.layer(index + 1)}: `, kind), away);
    const face = el("div", { class: "cnnbook-wiring-face", role: "group", "aria-label": text.layer(index + 1) },
      title, kernel.node, groups.node, split, sum, index === 0 ? el("div", {}) : el("div", { class: "cnnbook-wiring-shuffle" }, shuffle.node, moved));
    const sync = ({ channels, layers }) => {
      const layer = layers[index];
      face.hidden = !layer;
      adds[index].hidden = index !== layers.length;
      away.hidden = index === 0 || index !== layers.length - 1;
      if (!layer) return;
      kernel.set(layer.kernel_size);
      groups.set(divisors(channels).indexOf(layer.groups), { max: divisors(channels).length - 1 });
      shuffle.set(layer.shuffle);
      put(kind, text.kind(layer.kernel_size, layer.groups, channels));
      put(split, text.split(layer.groups, channels));
      put(sum, text.sum(channels, layer, weightsOf(channels, layer)));
      const before = layers[index - 1]?.groups;
      put(moved, index === 0 ? "" : text[movesNothing(channels, before) ? "still" : layer.shuffle ? "dealt" : "kept"](before));
    };
    return { face, sync, focus: () => kernel.input.focus() };
  };
  const indices = Array.from({ length: MOST.layers }, (_, i) => i);
  const adds = indices.map((index) => button(text.add(index + 1), () => {
    onlayers([...state().layers, DENSE]);
    cards[index].focus();
  }, { class: "cnnbook-button cnnbook-wiring-add" }));
  const cards = indices.map(create);
  const node = el("div", { class: "cnnbook-wiring-cards" }, indices.map((i) => el("div", { class: "cnnbook-wiring-card" }, cards[i].face, adds[i])));
  return { node, sync: (now) => cards.forEach((card) => card.sync(now)) };
};
