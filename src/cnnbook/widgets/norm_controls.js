// Controls of the norm block: picture buttons of the four norms, axes, statistics, sizes.

import { button, checkbox, el, format, select, slider } from "../live/shared.js";
import { put } from "./checklist.js";
import { createIcon } from "./norm_icons.js";
import { MOST } from "./norm_state.js";
import { layOut, nameOf } from "./norm_sums.js";

const AXES = { batch: [0, 2], layer: [1, 2], instance: [2], group: [1, 2] };
const divisors = (n) => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
// the setting behind a picture; group norm takes the reader's number of groups if it is one
const settingFor = (name, { groups, axes, x }) => {
  if (name !== "group") return { axes: AXES[name], groups: 1 };
  const proper = divisors(x[0].length).filter((d) => d > 1 && d < x[0].length);
  return { axes: AXES.group, groups: axes.includes(1) && proper.includes(groups) ? groups : (proper[0] ?? 1) };
};

const createPresets = (text, chosen, choose) => {
  const parts = Object.fromEntries(Object.keys(AXES).map((name) => {
    const [icon, note] = [createIcon(), el("span", { class: "cnnbook-norm-note" })];
    const node = el("button", { type: "button", class: "cnnbook-norm-preset", "data-norm": name, onclick: () => choose(settingFor(name, chosen())) }, el("strong", {}, text.presets[name]), icon.node, note);
    return [name, { icon, note, node }];
  }));
  const sync = (state, found) => {
    const pressed = nameOf(state, found.shape[1]);
    for (const [name, { icon, note, node }] of Object.entries(parts)) {
      const layout = layOut(found.shape, settingFor(name, state));
      icon.set(found.shape, layout, state.selected);
      put(note, text.presetNote(AXES[name].includes(0) ? layout.count / found.shape[0] : layout.count, layout.count));
      node.setAttribute("aria-pressed", String(name === pressed));
    }
  };
  return { nodes: Object.values(parts).map(({ node }) => node), sync };
};

// commit(changes), chosen() is the state; act: { step(times), fresh(), reset(), resize(images, places) }
export const createControls = ({ text, chosen, commit, act }) => {
  const presets = createPresets(text, chosen, (setting) => commit({ ...setting, running: [] }));
  const toggle = (axis, on) => commit({ axes: [0, 1, 2].filter((other) => (other === axis ? on : chosen().axes.includes(other))), running: [] });
  const axes = text.axis.map((label, axis) => checkbox({ label, checked: false, onchange: (on) => toggle(axis, on) }));
  const groups = select({ label: text.groups, options: [[1, "1"]], value: 1, onchange: (value) => commit({ groups: Number(value), running: [] }) });
  const training = select({ label: text.training, options: Object.entries(text.modes), value: "true", onchange: (value) => commit({ training: value === "true" }) });
  const images = slider({ label: text.images, min: 1, max: MOST[0], value: 1, oninput: (n) => act.resize(n, chosen().x[0][0].length) });
  const places = slider({ label: text.places, min: 1, max: MOST[2], value: 1, oninput: (p) => act.resize(chosen().x.length, p) });
  const momentum = slider({ label: text.momentum, min: 0, max: 1, step: 0.05, value: 0.1, oninput: (value) => commit({ momentum: value }), describe: (v) => format(v, 2) });
  const steps = [button(text.step, () => act.step(1)), button(text.steps, () => act.step(10))];
  let offered = "";
  const sync = (state, found) => {
    presets.sync(state, found);
    const options = divisors(found.shape[1]);
    if (offered !== String(options)) groups.input.replaceChildren(...options.map((n) => el("option", { value: n }, String(n))));
    offered = String(options);
    axes.forEach((box, axis) => box.set(state.axes.includes(axis)));
    groups.set(state.groups);
    groups.input.disabled = !state.axes.includes(1);
    training.set(String(state.training));
    images.set(found.shape[0]);
    places.set(found.shape[2]);
    momentum.set(state.momentum);
    const kept = state.axes.includes(0);
    training.input.disabled = momentum.input.disabled = !kept;
    for (const each of steps) each.disabled = !kept || !state.training;
  };
  const buttons = (...nodes) => el("div", { class: "cnnbook-norm-buttons cnnbook-no-print" }, ...nodes);
  const legend = el("legend", {}, text.axes);
  const node = el("div", { class: "cnnbook-norm-controls" },
    el("div", { class: "cnnbook-norm-presets" }, presets.nodes),
    el("div", { class: "cnnbook-norm-own" }, el("fieldset", {}, legend, axes.map((box) => box.node)), groups.node),
    el("div", { class: "cnnbook-norm-settings" },
      el("div", { class: "cnnbook-norm-sliders" }, images.node, places.node, buttons(button(text.fresh, act.fresh), button(text.reset, act.reset))),
      el("div", { class: "cnnbook-norm-sliders" }, training.node, momentum.node, buttons(steps))));
  return { node, sync };
};
