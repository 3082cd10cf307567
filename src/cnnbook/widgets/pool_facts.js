// The box of sums and counts below the grids of the pool router.

import { el } from "../live/shared.js";
import { put } from "./checklist.js";
import { exact, TEXT } from "./pool_text.js";

// set(what is shown, { concealed, view })
export const createFacts = () => {
  const cells = Object.fromEntries(Object.keys(TEXT.facts).map((name) => [name, [el("dt", {}), el("dd", {})]]));
  const node = el("dl", { class: "cnnbook-pool-facts" }, Object.entries(cells).map(([name, pair]) => el("div", { "data-fact": name }, pair)));
  const set = (facts, { concealed, view }) => {
    for (const [name, [label, cell]] of Object.entries(cells)) {
      put(label, (view === "one" && TEXT.factsOfOne[name]) || TEXT.facts[name]);
      const value = ["unread", "passed"].includes(name) ? TEXT.of(facts[name], facts.cells) : exact(facts[name]);
      put(cell, concealed && name !== "dy" && name !== "unread" ? TEXT.covered : value);
    }
    node.toggleAttribute("data-lost", facts.lost !== 0 && !concealed);
  };
  return { node, set };
};
