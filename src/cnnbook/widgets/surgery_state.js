// State of the block surgery: reading it, looking accuracies up, moving blocks, judging goals.

export const KINDS = ["residual", "plain"];
export const TRAITS = ["arrangements", "order", "out", "chance", "tries"];
const MOST = 12; // blocks
const SPARE = { stages: [["0", ""]], accuracy: { residual: [0, 0], plain: [0, 0] } };

const isText = (v) => typeof v === "string";
const isShare = (v) => typeof v === "number" && v >= 0 && v <= 1;
const isPerMille = (v) => Number.isInteger(v) && v >= 0 && v <= 1000;
const isList = (v, good) => Array.isArray(v) && v.every(good);
const unlike = (list) => new Set(list).size === list.length;
const same = (a, b) => String(a) === String(b);

// ---- the table
export const full = (stage) => stage.filter((order) => order.length === stage[0].length);
export const wholeOf = ({ stages }) => stages.map(([first]) => first);
// an order with blocks left out, in every way
const parts = (order) => [...order].reduce((found, block) => found.concat(found.map((part) => part + block)), [""]);
const isStage = (v) => isList(v, isText) && v.length > 0 && v[0] !== "" && unlike(v) && full(v).every((order) => same([...order].sort(), [...v[0]].sort()) && parts(order).every((part) => v.includes(part)));
const fits = (numbers, [stage, ...rest]) => Array.isArray(numbers) && numbers.length === stage.length && numbers.every((each) => (rest.length ? fits(each, rest) : isPerMille(each)));
const checked = new WeakMap(); // a table is large, and stays the same
const isTable = (v) => {
  if (v === null || typeof v !== "object") return false;
  if (!checked.has(v)) {
    const stages = isList(v.stages, isStage) && v.stages.length > 0;
    const blocks = stages ? [...v.stages.map(([first]) => first).join("")] : [];
    checked.set(v, stages && blocks.length <= MOST && unlike(blocks) && KINDS.every((kind) => fits(v.accuracy?.[kind], v.stages)));
  }
  return checked.get(v);
};

export const keyOf = (arrangement) => arrangement.join("/");
// accuracy of an arrangement in per mille; undefined if the table has none
export const lookUp = ({ stages, accuracy }, kind, arrangement) =>
  arrangement.length === stages.length ? arrangement.reduce((values, order, i) => values?.[stages[i].indexOf(order)], accuracy[kind]) : undefined;
export const arrangementOf = (order, out) => order.map((stage) => [...stage].filter((block) => !out.includes(block)).join(""));
export const without = (table, block) => arrangementOf(wholeOf(table), [block]);

// how many paths go through 0, 1, 2, … of so many blocks: a row of Pascal's triangle
export const paths = (blocks) => {
  const row = [1];
  for (let k = 1; k <= blocks; k += 1) row.push((row[k - 1] * (blocks - k + 1)) / k);
  return row;
};

// The order after the blocks at places `at` and `at + 1` have changed places; null where the table has no such order.
export const swap = ({ stages }, order, at) => {
  const starts = order.map((_, i) => order.slice(0, i).join("").length);
  const i = starts.findLastIndex((start) => start <= at);
  const blocks = [...(order[i] ?? "")];
  const j = at - starts[i];
  if (!(j >= 0 && j + 1 < blocks.length)) return null;
  [blocks[j], blocks[j + 1]] = [blocks[j + 1], blocks[j]];
  return stages[i].includes(blocks.join("")) ? order.map((stage, k) => (k === i ? blocks.join("") : stage)) : null;
};

// ---- what is shown
const GOOD = {
  arrangements: isTable,
  order: (v, { arrangements: { stages } }) => Array.isArray(v) && v.length === stages.length && v.every((order, i) => full(stages[i]).includes(order)),
  out: (v, { order }) => isList(v, (block) => isText(block) && block.length === 1 && order.join("").includes(block)) && unlike(v),
  chance: isShare,
  tries: (v, { arrangements }) => isList(v, (key) => isText(key) && lookUp(arrangements, "plain", key.split("/")) !== undefined),
};
const SPARES = { arrangements: () => SPARE, order: ({ arrangements }) => wholeOf(arrangements), out: () => [], chance: () => 0.1, tries: () => [] };

// Everything that is shown, and a list of problems [trait, given, used] in what was given.
export const readState = (get) => {
  const problems = [];
  const state = {};
  for (const name of TRAITS) {
    const given = get(name);
    state[name] = GOOD[name](given, state) ? given : SPARES[name](state);
    if (state[name] !== given) problems.push([name, given, state[name]]);
  }
  return { ...state, concealed: get("concealed") === true, problems };
};

// The arrangement, how both networks do, and all that has been seen with it.
export const compute = ({ arrangements: table, order, out, tries, concealed }) => {
  const arrangement = arrangementOf(order, out);
  const found = (which) => Object.fromEntries(KINDS.map((kind) => [kind, lookUp(table, kind, which)]));
  const here = keyOf(arrangement);
  const [left, all] = [arrangement.join("").length, order.join("").length];
  const seen = concealed ? tries : [...new Set([...tries, here])];
  return { arrangement, here, left, all, now: found(arrangement), whole: found(wholeOf(table)), seen, tried: seen.map((key) => ({ key, left: key.replaceAll("/", "").length, ...found(key.split("/")) })) };
};

// the best of a network for each number of blocks left: [left, per mille], most blocks first
export const bests = (tried, kind) => {
  const best = new Map();
  for (const each of tried) best.set(each.left, Math.max(best.get(each.left) ?? 0, each[kind]));
  return [...best].sort(([a], [b]) => b - a);
};

// ---- goals
// no swaps; every block of one is in the other
const isOrdered = (table, key) => key === keyOf(wholeOf(table).map((stage) => [...stage].filter((block) => key.includes(block)).join("")));
const isWithin = (less, more) => [...less].every((block) => more.includes(block));
const REACHED = {
  few: ({ accuracy, blocks }, { left, now }) => left <= blocks && now.residual >= accuracy,
  missed: (goal, { table, here, seen }) => {
    const alone = [...wholeOf(table).join("")].map((block) => without(table, block));
    const worst = alone.reduce((a, b) => (lookUp(table, "residual", b) < lookUp(table, "residual", a) ? b : a));
    return here === keyOf(worst) && alone.every((each) => seen.includes(keyOf(each)));
  },
  order: ({ cost }, { table, here, left, all, now, whole }) => left === all && here !== keyOf(wholeOf(table)) && whole.residual - now.residual < cost,
  gain: ({ gain }, { table, here, tried }) => {
    const ordered = tried.filter(({ key }) => isOrdered(table, key));
    const self = ordered.find(({ key }) => key === here);
    const gains = (less, more) => less.left === more.left - 1 && isWithin(less.key, more.key) && less.residual - more.residual >= gain;
    return self !== undefined && ordered.some((other) => gains(other, self) || gains(self, other));
  },
};
const LIMITS = { few: ["accuracy", "blocks"], missed: [], order: ["cost"], gain: ["gain"] };
export const readGoals = (given) =>
  (Array.isArray(given) ? given : []).filter((goal) => goal && isText(goal.id) && isText(goal.text) && Object.hasOwn(LIMITS, goal.kind) && LIMITS[goal.kind].every((limit) => Number.isFinite(goal[limit])));
export const goalReached = (goal, { arrangements: table, concealed }, found) => !concealed && REACHED[goal.kind](goal, { table, ...found });
