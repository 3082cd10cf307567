// Small matrices of zeros and ones: rows are outputs, columns are inputs.

import { el, svg } from "../live/shared.js";
import { put } from "./checklist.js";

const cells = (places) => places.map(([row, col]) => `M${col},${row}h1v1h-1z`).join("");
export const turn = (group, groups) => `--cnnbook-wiring-turn:${Math.round((360 * group) / groups)}`;

// draw({ size, label, under, count, parts: [{ cells: [row, col], group, groups, lit: [row, col] }], row: outlined or null, dim })
export const createMatrix = (kind) => {
  const picture = svg("svg", { class: "cnnbook-wiring-cells", role: "img" });
  const under = el("figcaption", {});
  const node = el("figure", { class: "cnnbook-wiring-matrix", "data-kind": kind }, picture, under);
  let last = "";
  const draw = ({ size, label, text, count, parts, row, dim }) => {
    const shapes = parts.map(({ cells: all, lit, group, groups }) => [cells(all), cells(lit), turn(group, groups)]);
    const key = `${size}/${count}/${shapes}/${row}/${dim}`;
    put(under, text);
    if (picture.getAttribute("aria-label") !== label) picture.setAttribute("aria-label", label);
    if (key === last) return;
    last = key;
    picture.setAttribute("viewBox", `-0.15 -0.15 ${count + 0.3} ${count + 0.3}`);
    picture.setAttribute("width", size);
    picture.setAttribute("height", size);
    const steps = Array.from({ length: count + 1 }, (_, i) => `M0,${i}h${count}M${i},0v${count}`).join("");
    picture.replaceChildren(
      ...shapes.flatMap(([all, lit, style]) => [svg("path", { d: all, style, class: dim ? "cnnbook-wiring-dim" : null }), dim && lit ? svg("path", { d: lit, style }) : null]).filter(Boolean),
      svg("path", { d: steps, class: "cnnbook-wiring-grid" }),
      ...(row === null ? [] : [svg("rect", { x: 0, y: row, width: count, height: 1, class: "cnnbook-wiring-row" })]),
    );
  };
  return { node, draw };
};
