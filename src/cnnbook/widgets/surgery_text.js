// Every string that the block surgery shows.

export const perCent = (perMille) => (perMille / 10).toFixed(1);
const signed = (perMille) => `${perMille < 0 ? "−" : perMille > 0 ? "+" : ""}${perCent(Math.abs(perMille))}`;
const orderOf = (arrangement) => arrangement.map((stage) => [...stage].join(" ") || "–").join(" | ");
const blocksOf = (n) => `${n} ${n === 1 ? "block" : "blocks"}`;
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = (n) => [...String(n)].map((digit) => SUPERSCRIPT[digit]).join("");

export const TEXT = {
  strip: "Blocks of both networks, first to last",
  stage: (i) => `stage ${i + 1}`,
  block: (block, i) => `block ${block}, stage ${i + 1}`,
  swap: (a, b) => `swap blocks ${a} and ${b}`,
  hint: "Click a block to take it out or put it back; a round button swaps two (keys: Shift and an arrow).",
  stays: (block) => `Block ${block} cannot move there: only neighbours of one shape in a stage change places.`,
  key: { in: "block, in both networks", arc: "shortcut (plain network: only past a missing block)", moved: "moved" },
  restore: "Whole network",
  forget: "Clear the tries",
  told: (left, all, out) => `${left} of ${blocksOf(all)} left${out.length ? `, out: ${[...out].sort().join(" ")}` : ""}`,
  order: (arrangement) => `in the order ${orderOf(arrangement)}`,
  said: (now, left, all, concealed) => `${blocksOf(left)} left. ${concealed ? "Accuracies are covered." : `Residual ${perCent(now.residual)} %, plain ${perCent(now.plain)} %.`} ${2 ** left} of ${2 ** all} paths.`,
  accuracy: "Test accuracy",
  marks: { whole: "whole network", chance: (share) => `guessing, ${perCent(share * 1000)} %` },
  nets: { residual: "Residual", plain: "Plain" },
  value: (perMille) => `${perCent(perMille)} %`,
  change: (from, to) => `${signed(to - from)} points`,
  covered: ["?", "covered"],
  hidden: "Covered until you have answered.",
  pathsTitle: "Paths through the residual network",
  paths: (left, all) => `2${power(left)} = ${2 ** left} of ${2 ** all} left; plain network: 1`,
  pathsAxis: "blocks that a path goes through",
  pathsLabel: (row) => `Paths by the number of blocks they go through: ${row.map((count, k) => `${k}: ${count}`).join(", ")}`,
  triesTitle: "Your tries",
  tries: (n) => `${n} ${n === 1 ? "arrangement" : "arrangements"}, the best joined by lines`,
  triesAxis: "blocks left",
  triesLabel: (best) => `Best test accuracy so far by blocks left: ${best.map(([kind, list]) => `${kind} ${list.map(([left, perMille]) => `${left}: ${perCent(perMille)} %`).join(", ")}`).join("; ")}`,
  goals: { title: "Goals", reached: "reached: ", open: "open: " },
  problem: (name, given, used) => `${name} cannot be ${given}; ${used} is used.`,
};
