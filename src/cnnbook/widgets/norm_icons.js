// Small drawings of the block, a slanted sheet for each image, and the set of one value in it.

import { svg } from "../live/shared.js";
import { MOST } from "./norm_state.js";

const [STEP, ALONG, SLANT, TALL] = [37, 29, 14, 48]; // from sheet to sheet; a sheet's places, their fall, its channels
const WIDTH = (MOST[0] - 1) * STEP + ALONG + 4;
const HEIGHT = TALL + SLANT + 4;

// corners of the part of sheet n between shares a and b of its channels, c and d of its places
const corners = (n, [a, b, c, d]) => {
  const at = (down, along) => `${(2 + n * STEP + along * ALONG).toFixed(1)},${(2 + down * TALL + along * SLANT).toFixed(1)}`;
  return `M${at(a, c)}L${at(a, d)}L${at(b, d)}L${at(b, c)}Z`;
};
const lines = (n, channels, places) => {
  const rows = Array.from({ length: channels }, (_, c) => corners(n, [c / channels, (c + 1) / channels, 0, 1]));
  const cols = Array.from({ length: places }, (_, p) => corners(n, [0, 1, p / places, (p + 1) / places]));
  return [...rows, ...cols].join("");
};

export const createIcon = () => {
  const sheets = Array.from({ length: MOST[0] }, () => svg("path", { class: "cnnbook-norm-sheet" }));
  const sets = svg("path", { class: "cnnbook-norm-fill" });
  const chosen = svg("path", { class: "cnnbook-norm-chosen" });
  const node = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true", class: "cnnbook-norm-icon" }, ...sheets, sets, chosen);
  let drawn = "";
  const set = ([images, channels, places], layout, [n, c, p]) => {
    const share = ([a, b, d, e]) => [a / channels, b / channels, d / places, e / places];
    const parts = Array.from({ length: images }, (_, i) => [i, layout.part([n, c, p], i)]).filter(([, part]) => part);
    const key = JSON.stringify([images, channels, places, parts, n, c, p]);
    if (key === drawn) return;
    drawn = key;
    sheets.forEach((sheet, i) => {
      sheet.setAttribute("d", i < images ? lines(i, channels, places) : corners(i, [0, 1, 0, 1]));
      sheet.toggleAttribute("data-none", i >= images);
    });
    sets.setAttribute("d", parts.map(([i, part]) => corners(i, share(part))).join(""));
    chosen.setAttribute("d", corners(n, share([c, c + 1, p, p + 1])));
  };
  return { node, set };
};
