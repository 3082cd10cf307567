// What every widget with goals shares: texts that are set only when they change, a list of goals.

import { el, prose } from "../live/shared.js";

// A text that is as it should be stays: the page is laid out anew for what changes only.
const texts = new WeakMap(); // reading them back from the page takes longer
export const put = (node, text) => {
  if (texts.get(node) === text) return;
  texts.set(node, text);
  node.textContent = text;
};

// A checklist. text: { title, reached, open }
export const createGoals = (text) => {
  const list = el("ul", { class: "cnnbook-goals" });
  const node = el("div", { class: "cnnbook-goalbox" }, el("p", { class: "cnnbook-goalhead" }, text.title), list);
  const set = (goals, done) => {
    node.hidden = goals.length === 0;
    list.replaceChildren(
      ...goals.map(({ id, text: asked }) =>
        el("li", { "data-goal": id, "data-done": String(done.has(id)) },
          el("span", { class: "cnnbook-tick", "aria-hidden": "true" }, done.has(id) ? "✓" : ""),
          el("span", {}, el("span", { class: "cnnbook-heard" }, done.has(id) ? text.reached : text.open), ...prose(asked))),
      ),
    );
  };
  return { node, set };
};
