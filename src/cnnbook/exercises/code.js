// Write a function; it is judged by Python, in the notebook.
import { el, prose } from "../live/shared.js";

export const TEXT = {
  page: "Python has to run it: open this chapter in JupyterLab (`make lab`), write the function in the cell below, and run",
  lab: "Write the function in the cell below, then run",
  afterLab: "The verdict appears under that cell, and the mark above follows it.",
  afterPage: "To have it counted here too, import JupyterLab's progress on the progress page.",
};

export const body = ({ spec, live }) => {
  const call = `exercises.check("${spec.id}", ${spec.name})`;
  const node = el("div", {},
    el("pre", { class: "cnnbook-ex-stub", tabIndex: 0, role: "region", "aria-label": spec.name }, el("code", {}, spec.stub)),
    el("p", {}, prose(live ? TEXT.lab : TEXT.page), " ", el("code", {}, call), ". ", live ? TEXT.afterLab : TEXT.afterPage));
  return { node, mark: () => {}, read: () => null };
};
