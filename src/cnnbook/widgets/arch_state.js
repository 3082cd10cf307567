// The architecture explorer without the page: tables read, state read without trust, the address, goals.

import { DATA } from "./architecture_data.js";

export const SHORTCUT = { none: 0, added: 1, weighted: 2, appended: 3 };
const isTable = (given) => given && typeof given === "object" && given.insides && given.networks && typeof given.networks === "object";

// ---- a network out of its table (summary/architectures.py says how it is written)
const COLUMNS = ["name", "kind", "output", "parameters", "macs", "saved", "reads"];
const readRows = (insides, inside, base) =>
  insides.name[inside].map((_, i) => {
    const more = insides.field[inside][i];
    const field = more === null ? null : base.map((size, axis) => size + (Array.isArray(more) ? more[axis] : more));
    return { ...Object.fromEntries(COLUMNS.map((column) => [column, insides[column][inside][i]])), field };
  });
const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);
export const decode = (table, name) => {
  const { input, total, unused, blocks } = table.networks[name];
  const [parameters, macs, saved, alive] = total;
  const read = blocks.name.map((path, index) => {
    const [kind, shape, inside, base, most, reads, code] = ["kind", "shape", "inside", "field", "alive", "reads", "code"].map((column) => blocks[column][index]);
    const [shortcut, branches] = [table.insides.shortcut[inside], table.insides.branches[inside]];
    const rows = readRows(table.insides, inside, base);
    const numbers = Object.fromEntries(["parameters", "macs", "saved"].map((key) => [key, sum(rows, key)]));
    return { index, name: path, kind, shape, shortcut, branches, rows, reads, alive: most, field: rows.findLast((row) => row.kind !== "Flatten").field, code: table.codes[code], ...numbers };
  });
  return { name, input, unused, total: { parameters, macs, saved, alive }, blocks: read, stages: stagesOf(read) };
};
export const side = (shape) => (shape.length > 1 ? Math.max(...shape.slice(1)) : 1);
// runs of blocks with maps of one size: [first, after the last]
const stagesOf = (blocks) => {
  const starts = blocks.filter((block, i) => i === 0 || side(block.shape) !== side(blocks[i - 1].shape)).map(({ index }) => index);
  return starts.map((start, i) => [start, starts[i + 1] ?? blocks.length]);
};
export const stageAt = (network, index) => network.stages.find(([, end]) => index < end);

// ---- all networks there are, by name; own: a table of the reader's
export const catalogue = (own) => {
  const tables = isTable(own) ? [own, DATA] : [DATA];
  const known = new Map();
  const homes = new Map(tables.flatMap((table) => Object.keys(table.networks).map((name) => [name, table])).reverse());
  const names = [...new Set(tables.flatMap((table) => Object.keys(table.networks)))];
  const get = (name) => {
    if (!known.has(name)) known.set(name, decode(homes.get(name), name));
    return known.get(name);
  };
  return { names, has: (name) => typeof name === "string" && homes.has(name), get };
};

// ---- state
export const TRAITS = ["network", "beside", "block", "beside_block", "side", "zoom", "own", "choices"];
const START = "resnet50";
export const readState = (get, all) => {
  const problems = [];
  const name = (trait, spare, empty) => {
    const given = get(trait);
    if (all.has(given) || (empty && given === "")) return given;
    problems.push([trait, given]);
    return spare;
  };
  const place = (trait, network) => {
    const given = get(trait);
    if (Number.isInteger(given) && network && given >= 0 && given < network.blocks.length) return given;
    if (network) problems.push([trait, given]);
    return 0;
  };
  const network = all.get(name("network", START, false));
  const second = name("beside", "", true);
  const beside = second ? all.get(second) : null;
  const state = { network, beside, block: place("block", network), beside_block: beside ? place("beside_block", beside) : 0 };
  const active = get("side") === "beside" && beside ? "beside" : "network";
  const picked = active === "beside" ? beside.blocks[state.beside_block] : network.blocks[state.block];
  return { ...state, side: active, zoom: get("zoom") === true, active: state[active], picked, problems };
};

// ---- the address: #explorer=resnet152&block=17&beside=vgg16&beside_block=3&side=beside&zoom=1
const wholes = (text) => (/^\d{1,4}$/.test(text ?? "") ? Number(text) : null);
export const readAddress = (hash, all) => {
  const given = new URLSearchParams(String(hash).replace(/^#/, ""));
  const [network, beside] = [given.get("explorer"), given.get("beside") ?? ""];
  if (!all.has(network) || (beside !== "" && !all.has(beside))) return null;
  const within = (name, of) => {
    const index = wholes(given.get(name) ?? "0");
    return of && index !== null && index < all.get(of).blocks.length ? index : 0;
  };
  const second = beside !== "" && given.get("side") === "beside";
  return { network, beside, block: within("block", network), beside_block: within("beside_block", beside), side: second ? "beside" : "network", zoom: given.get("zoom") === "1" };
};
export const writeAddress = ({ network, beside, block, beside_block: other, side: active, zoom }) => {
  const pairs = [["explorer", network.name], ["block", block], ["beside", beside?.name], ["beside_block", beside && other], ["side", active === "beside" && active], ["zoom", zoom && 1]];
  return `#${new URLSearchParams(pairs.filter(([, value]) => value || value === 0).map(([name, value]) => [name, String(value)]))}`;
};

// ---- goals: { id, text, kind, … }
export const largest = (network) => Math.max(...network.blocks.flatMap(({ rows }) => rows.map((row) => row.parameters)));
const wider = (field, input) => field === null || (field.length > 0 && field.every((size, i) => size > input[i + 1]));
const REACHED = {
  layer_share: ({ share = 0.5 }, { active, picked }) => picked.rows.some((row) => row.parameters > share * active.total.parameters),
  pair: ({ near = 0.1, apart = 5 }, { network, beside }) => {
    if (!beside || beside === network) return false;
    const [[a, b], [c, d]] = ["parameters", "macs"].map((name) => [network.total[name], beside.total[name]]);
    return Math.abs(a - b) <= near * Math.max(a, b) && Math.max(c, d) > apart * Math.min(c, d);
  },
  field: ({ network }, { active, picked }) =>
    (!network || active.name === network) && active.blocks.findIndex((block) => wider(block.field, active.input)) === picked.index,
  shortcut: (_, { picked }) => picked.shortcut === SHORTCUT.weighted,
};
export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter((goal) => goal && typeof goal.text === "string" && typeof goal.id === "string" && Object.hasOwn(REACHED, goal.kind));
export const goalReached = (goal, state) => REACHED[goal.kind](goal, state);
// what the reader has picked; where the widget starts earns nothing
const PICKED = ({ active, picked }) => `${active.name}/${picked.index}`;
const ASKED = { pair: ({ network, beside }) => `${network.name}/${beside?.name}` };
export const changedSince = (goal, state, start) => (ASKED[goal.kind] ?? PICKED)(state) !== (ASKED[goal.kind] ?? PICKED)(start);
