// Architecture explorer: a network as a strip of blocks, the numbers and the code of each, two side by side.

import { checkbox, cleanups, el, mount, onTheme, saver, select, status, svg, watch } from "../live/shared.js";
import { createCode, createLayers } from "./arch_lanes.js";
import { catalogue, changedSince, decode, goalReached, largest, readAddress, readGoals, readState, side, TRAITS, writeAddress } from "./arch_state.js";
import { createStrip, roomAbove } from "./arch_strip.js";
import { count, fieldText, percent, sides, TEXT } from "./arch_text.js";
import { createGoals, put } from "./checklist.js";
import { DATA } from "./architecture_data.js";

export { lanesOf } from "./arch_lanes.js";
export { blockAt, layOut } from "./arch_strip.js";
export { count, percent };
// a network of the book as the widget reads it: tested without a page
export const network = (name) => decode(DATA, name);
const asRead = (traits) => {
  const all = catalogue(traits.own);
  return [readState((name) => traits[name], all), all];
};
export const address = (hash, traits = {}) => readAddress(hash, asRead({ network: "resnet50", beside: "", block: 0, beside_block: 0, ...traits })[1]);
export const addressOf = (traits) => writeAddress(asRead(traits)[0]);
export const judge = (traits, goals) => readGoals(goals).filter((goal) => goalReached(goal, asRead(traits)[0])).map(({ id }) => id);

const claimed = new Set(); // addresses that a widget of this page keeps already

// ---- parts of the page
const swatch = (...shapes) => svg("svg", { width: 26, height: 16, "aria-hidden": "true" }, shapes);
const square = (kind) => [svg("rect", { class: `cnnbook-arch-${kind}`, x: 6, y: 1, width: 13, height: 14 })];
const arc = (dash) => [svg("path", { class: "cnnbook-arch-arc", d: "M3,14C3,1 23,1 23,14", "stroke-dasharray": dash })];
const createLegend = () => {
  const parts = {
    image: square("input"),
    block: square("output"),
    bare: square("bare"),
    stripes: [1, 6, 11].map((top) => svg("rect", { class: "cnnbook-arch-output", x: 6, y: top, width: 13, height: 4 })),
    added: arc(null),
    weighted: arc("5 3"),
    appended: arc("1.5 2.5"),
    side: [svg("path", { class: "cnnbook-arch-arc", d: "M1,8H25", "stroke-dasharray": "4 3" })],
    all: [svg("rect", { class: "cnnbook-arch-all", x: 6, y: 2, width: 13, height: 13 })],
  };
  return el("div", { class: "cnnbook-arch-legend" }, Object.entries(parts).map(([name, shapes]) => el("span", {}, swatch(...shapes), " ", TEXT.legend[name])));
};

const createFacts = () => {
  const cells = Object.fromEntries(Object.keys(TEXT.facts).map((name) => [name, el("dd", {})]));
  const node = el("dl", { class: "cnnbook-arch-facts" }, Object.entries(TEXT.facts).map(([name, label]) => el("div", { "data-fact": name }, el("dt", {}, label), cells[name])));
  const set = ({ total }, block) => {
    put(cells.shape, sides(block.shape));
    put(cells.field, fieldText(block.field));
    put(cells.parameters, TEXT.share(block.parameters, total.parameters));
    put(cells.macs, TEXT.share(block.macs, total.macs));
    put(cells.saved, TEXT.share(block.saved, total.saved, " B"));
    put(cells.alive, TEXT.bytes(block.alive));
    put(cells.shortcut, TEXT.shortcuts[block.shortcut]);
    put(cells.branches, String(block.branches));
  };
  return { node, set };
};

const createTotals = () => {
  const heads = [0, 1].map(() => el("th", { scope: "col" }));
  const names = Object.keys(TEXT.totals.rows);
  const cells = Object.fromEntries(names.map((name) => [name, [0, 1, 2].map(() => el("td", {}))]));
  const node = el("table", { class: "cnnbook-arch-totals" }, el("caption", {}, TEXT.totals.caption),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, TEXT.totals.quantity), heads, el("th", { scope: "col" }, TEXT.totals.difference))),
    el("tbody", {}, names.map((name) => el("tr", { "data-total": name }, el("th", { scope: "row" }, TEXT.totals.rows[name]), cells[name]))));
  const value = (given, name) => (name === "blocks" ? given.blocks.length : name === "share" ? largest(given) : given.total[name]);
  const shown = (given, name) => (name === "share" ? percent(largest(given), given.total.parameters) : count(value(given, name)));
  const set = ({ network: left, beside: right }) => {
    node.toggleAttribute("data-alone", !right);
    [left, right].forEach((given, i) => put(heads[i], given?.name ?? ""));
    for (const name of names) {
      [left, right].forEach((given, i) => put(cells[name][i], given ? shown(given, name) : "–"));
      put(cells[name][2], right && name !== "share" ? TEXT.totals.ratio(value(left, name), value(right, name), [left.name, right.name]) : "–");
    }
  };
  return { node, set };
};

const render = ({ model, el: root }) => {
  mount(root, "arch");
  const bag = cleanups();
  const save = saver(model, bag);
  let all = catalogue(model.get("own"));
  let now, start, goals;
  let done = new Set();
  let busy = false;
  let width = 320;
  const key = "explorer";
  const keeps = model.get("live") === false && model.get("address") !== false && !claimed.has(key);
  if (keeps) claimed.add(key);
  bag.add(() => keeps && claimed.delete(key));

  const message = el("p", { class: "cnnbook-message cnnbook-bad", role: "alert" });
  const said = status({ class: "cnnbook-status cnnbook-heard" });
  const listed = (given) => {
    const asked = Array.isArray(given) ? given.filter((name) => all.has(name)) : [];
    return asked.length ? asked : all.names;
  };
  const pairs = () => listed(model.get("choices")).map((name) => [name, name]);
  const pick = (trait, options) => select({ label: TEXT[trait], options, onchange: (name) => commit({ [trait]: name, [trait === "network" ? "block" : "beside_block"]: 0, side: name ? trait : "network" }) });
  const controls = { network: pick("network", pairs()), beside: pick("beside", [["", TEXT.none], ...pairs()]), zoom: checkbox({ label: TEXT.zoom, checked: false, onchange: (on) => commit({ zoom: on }) }) };
  const strips = {
    network: createStrip({ onpick: (index) => commit({ block: index, side: "network" }), bag }),
    beside: createStrip({ onpick: (index) => commit({ beside_block: index, side: "beside" }), bag }),
  };
  const heads = { network: el("p", { class: "cnnbook-arch-name" }), beside: el("p", { class: "cnnbook-arch-name" }) };
  const rows = { network: el("div", {}, heads.network, strips.network.node), beside: el("div", {}, heads.beside, strips.beside.node) };
  const title = el("p", { class: "cnnbook-arch-title" });
  const names = [el("strong", {}), el("code", {}), el("span", { class: "cnnbook-muted" })];
  title.append(...names.flatMap((node) => [node, " "]));
  const facts = createFacts();
  const layers = createLayers();
  const code = createCode();
  const totals = createTotals();
  const unused = el("p", { class: "cnnbook-muted cnnbook-arch-unused" });
  const checklist = createGoals(TEXT.goals);
  root.append(el("div", { class: "cnnbook-row" }, controls.network.node, controls.beside.node, controls.zoom.node), message,
    rows.network, rows.beside, createLegend(), el("p", { class: "cnnbook-arch-scale cnnbook-muted" }, TEXT.scale), el("p", { class: "cnnbook-arch-scale cnnbook-muted cnnbook-no-print" }, TEXT.hint),
    el("section", { class: "cnnbook-arch-panel" }, title, facts.node, layers.node, code.node), said,
    el("div", { class: "cnnbook-arch-wide", tabindex: 0, role: "region", "aria-label": TEXT.totals.caption }, totals.node), unused, checklist.node);

  // ---- the address: a browser takes only so many changes in a second
  let timer = null;
  const addressDue = () => {
    timer ??= setTimeout(() => {
      timer = null;
      history.replaceState(history.state, "", writeAddress(now));
    }, 250);
  };
  bag.add(() => clearTimeout(timer));

  // ---- reading and writing the model
  const write = (changes) => {
    busy = true;
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    busy = false;
  };
  const commit = (changes) => {
    write(changes);
    refresh(true);
    settleGoals();
    if (done.size && String(model.get("reached")) !== String([...done])) write({ reached: [...done] });
    if (keeps) addressDue();
    put(said, TEXT.at(now.active, now.picked));
    save();
  };

  // ---- redrawing; nothing below writes to the model
  const paint = () => {
    const biggest = Math.max(side(now.network.input), now.beside ? side(now.beside.input) : 0);
    const top = Math.max(roomAbove(now.network), now.beside ? roomAbove(now.beside) : 0);
    const draw = (name, given, index) => strips[name].draw(now, given, index, { width, top, largest: biggest, active: now.side === name });
    draw("network", now.network, now.block);
    rows.beside.hidden = !now.beside;
    if (now.beside) draw("beside", now.beside, now.beside_block);
  };
  const tell = () => {
    const { active, picked } = now;
    TEXT.title(active, picked).forEach((words, i) => put(names[i], words));
    put(heads.network, now.network.name);
    put(heads.beside, now.beside?.name ?? "");
    facts.set(active, picked);
    layers.set(active, picked);
    code.set(picked.code);
    totals.set(now);
    put(unused, [now.network, now.beside].filter(Boolean).map(TEXT.unused).join(""));
  };
  const settleGoals = () => {
    const fresh = goals.filter((goal) => !done.has(goal.id) && changedSince(goal, now, start) && goalReached(goal, now));
    for (const { id } of fresh) done.add(id);
    if (fresh.length) checklist.set(goals, done);
  };
  const readAllGoals = () => {
    goals = readGoals(model.get("goals"));
    const kept = Array.isArray(model.get("reached")) ? model.get("reached") : [];
    done = new Set(goals.map(({ id }) => id).filter((id) => kept.includes(id) || done.has(id)));
    checklist.set(goals, done);
  };
  const refresh = (chosen = false) => {
    now = readState((name) => model.get(name), all);
    if (!chosen) start = now;
    put(message, now.problems.map(([name, given]) => TEXT.problem(name, String(JSON.stringify(given)).slice(0, 40))).join(" "));
    controls.network.set(now.network.name);
    controls.beside.set(now.beside?.name ?? "");
    controls.zoom.set(now.zoom);
    paint();
    tell();
  };
  const renew = () => {
    all = catalogue(model.get("own"));
    controls.network.input.replaceChildren(...pairs().map(([name]) => el("option", { value: name }, name)));
    controls.beside.input.replaceChildren(el("option", { value: "" }, TEXT.none), ...pairs().map(([name]) => el("option", { value: name }, name)));
    refresh();
  };
  const unless = (callback) => () => busy || callback();
  const measure = () => (width = Math.max(240, Math.floor(rows.network.clientWidth) || 320));
  const follow = () => {
    const given = keeps && readAddress(location.hash, all);
    if (!given) return;
    write(given);
    refresh();
    root.scrollIntoView();
  };

  readAllGoals();
  measure();
  refresh();
  follow();
  if (keeps) bag.listen(window, "hashchange", follow);
  watch(model, TRAITS.filter((name) => name !== "own" && name !== "choices"), unless(() => refresh()), bag);
  watch(model, ["own", "choices"], unless(renew), bag);
  watch(model, ["goals", "reached"], unless(() => (readAllGoals(), settleGoals())), bag);
  onTheme(() => (Object.values(strips).forEach((strip) => strip.recolour()), paint()), bag);
  let seen = null; // the first call comes when the figure is on the page, which gives it its colours
  const observer = new ResizeObserver(() => {
    if (measure() !== seen) paint();
    seen = width;
  });
  observer.observe(root);
  bag.add(() => observer.disconnect());
  return () => bag.empty();
};

export default { render };
