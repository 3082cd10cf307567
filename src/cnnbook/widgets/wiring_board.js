// The wiring diagram: channels as buttons in columns (rows on a phone), and lines where weights are.

import { el, svg } from "../live/shared.js";
import { put } from "./checklist.js";
import { groupOf } from "./wiring_graph.js";
import { turn } from "./wiring_matrix.js";

const ROOM = { along: 312, head: 58, count: 54, strip: 32, node: [30, 24], port: [20, 18], most: 260, deep: 92 };
const LETTERS = "ABCDEFGHIJKL";

// Where everything stands: a column's and a place's centre, and the size of the whole.
export const layOut = ({ channels, columns, steps }, width, vertical) => {
  const units = steps.map(({ kernel }) => (kernel === 0 ? 0.6 : 1));
  const total = units.reduce((a, b) => a + b, 0);
  const node = vertical ? [24, 24] : ROOM.node;
  const thick = vertical ? node[1] : node[0];
  const free = width - ROOM.count - 8 - thick * columns.length;
  const gap = vertical ? ROOM.deep : Math.min(free / total, ROOM.most);
  const pitch = (vertical ? Math.min(width - ROOM.strip, 396) : ROOM.along) / channels;
  const used = total * gap + thick * columns.length;
  let at = (vertical ? 0 : Math.max(4, (width - ROOM.count - used) / 2)) + thick / 2;
  const centres = columns.map((_, c) => {
    if (c > 0) at += units[c - 1] * gap + thick;
    return at;
  });
  const across = (place) => (vertical ? ROOM.strip : ROOM.head) + (place + 0.5) * pitch;
  const point = (column, place) => (vertical ? [across(place), centres[column]] : [centres[column], across(place)]);
  const sizes = vertical ? [width, centres.at(-1) + thick / 2 + 20] : [width, ROOM.head + ROOM.along];
  return { node, port: vertical ? [20, 20] : ROOM.port, pitch, point, centres, gaps: units.map((unit) => unit * gap), sizes, vertical };
};

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const place = (node, [x, y], [w, h]) => (node.style.cssText = `left:${x - w / 2}px;top:${y - h / 2}px;width:${w}px;height:${h}px`);
const atOf = (node) => node?.closest?.("[data-at]")?.dataset.at.split(",").map(Number) ?? null;

// text: TEXT; onchoose(output), onprobe([column, place] or null, focused)
export const createBoard = ({ text, onchoose, onprobe, bag }) => {
  const wires = svg("svg", { class: "cnnbook-wiring-wires", "aria-hidden": "true" });
  const cover = el("p", { class: "cnnbook-wiring-cover", hidden: true }, text.hidden);
  const stage = el("div", { class: "cnnbook-wiring-stage", role: "group", "aria-label": text.board });
  let graph, layout, nodes, paths, letters, counts, roam;
  let laid = "";

  const last = () => graph.columns.length - 1;
  const open = (column) => graph.columns[column] && !graph.columns[column].ports;
  const show = ([column, at], focus) => {
    nodes[roam[0]]?.[roam[1]]?.setAttribute("tabindex", -1);
    roam = [column, at];
    nodes[column][at].setAttribute("tabindex", 0);
    if (focus) nodes[column][at].focus({ preventScroll: false });
  };
  bag.listen(stage, "pointerover", (event) => event.pointerType !== "touch" && onprobe(atOf(event.target), false));
  bag.listen(stage, "pointerleave", () => onprobe(null, false));
  bag.listen(stage, "focusin", (event) => {
    const at = atOf(event.target);
    if (!at) return;
    show(at, false);
    onprobe(at, true);
  });
  bag.listen(stage, "focusout", (event) => stage.contains(event.relatedTarget) || onprobe(null, true));
  bag.listen(stage, "click", (event) => {
    const at = event.target.closest("button") && atOf(event.target);
    if (!at) return;
    if (at[0] === last()) onchoose(at[1]);
    else onprobe(at, true);
  });
  bag.listen(stage, "keydown", (event) => {
    const from = event.target.matches("button") && atOf(event.target);
    if (!from || event.altKey || event.metaKey || event.ctrlKey) return;
    const step = STEPS[event.key] && (layout.vertical ? [...STEPS[event.key]].reverse() : STEPS[event.key]);
    const ends = { Home: 0, End: graph.channels - 1 };
    if (!step && ends[event.key] === undefined) return;
    event.preventDefault();
    let [column, at] = step ? [from[0] + step[0], from[1] + step[1]] : [from[0], ends[event.key]];
    while (graph.columns[column]?.ports) column += step[0];
    if (!open(column) || at < 0 || at >= graph.channels) return;
    show([column, at], true);
    if (column === last()) onchoose(at, true);
  });

  // ---- everything that depends on the stack and the room only
  const ends = (s, from, to) => {
    const half = (column) => (graph.columns[column].ports ? layout.port : layout.node)[layout.vertical ? 1 : 0] / 2;
    const [a, b] = [layout.point(s, from), layout.point(s + 1, to)];
    const axis = layout.vertical ? 1 : 0;
    a[axis] += half(s);
    b[axis] -= half(s + 1);
    return [a, b].map((point) => point.map((value) => value.toFixed(1)).join(","));
  };
  const lineOf = (s, lines) => lines.map(([from, to]) => `M${ends(s, from, to).join("L")}`).join("");
  const head = (s) => {
    const [x, y] = layout.point(s, 0).map((value, i) => (value + layout.point(s + 1, 0)[i]) / 2);
    const words = text.step(graph.steps[s], graph.channels);
    const style = layout.vertical ? `left:0;top:${y}px` : `left:${x}px;top:0`;
    return el("p", { class: "cnnbook-wiring-head", style }, words.map((word) => el("span", {}, word)));
  };
  const lay = () => {
    nodes = graph.columns.map(({ at, ports, groups, layer }, column) =>
      at.map((channel, i) => {
        const style = turn(groupOf(graph.channels, groups, channel), groups);
        const attrs = { class: `cnnbook-wiring-${ports ? "port" : "node"}`, "data-at": `${column},${i}`, "data-role": layer === 0 ? "input" : column === last() ? "output" : "middle" };
        const node = ports ? el("span", { ...attrs, "aria-hidden": "true" }, String(channel + 1)) : el("button", { ...attrs, type: "button", tabindex: -1 }, String(channel + 1));
        place(node, layout.point(column, i), ports ? layout.port : layout.node);
        node.style.cssText += style;
        return node;
      }),
    );
    letters = [];
    paths = graph.steps.map(({ lines, kernel, groups }, s) => {
      const cut = kernel === 0 ? graph.columns[s].groups : groups;
      return Array.from({ length: cut }, (_, group) => {
        const mine = lines.filter((line) => line[2] === group);
        const style = turn(group, cut);
        const [base, lit] = ["base", "lit"].map((kind) => svg("path", { class: `cnnbook-wiring-${kind}`, style, "data-kernel": kernel }));
        base.setAttribute("d", lineOf(s, mine));
        if (kernel > 0 && cut > 1) {
          const middle = (mine[0][1] + mine.at(-1)[1]) / 2;
          const [x, y] = layout.point(s, middle).map((value, i) => (value + layout.point(s + 1, middle)[i]) / 2);
          letters.push([s, group, svg("text", { x, y: y + 4, "text-anchor": "middle" }, LETTERS[group])]);
        }
        return { mine, base, lit };
      });
    });
    counts = graph.columns[0].at.map((_, i) => {
      const node = el("span", { class: "cnnbook-wiring-count", "aria-hidden": "true" });
      const [x, y] = layout.point(last(), i);
      place(node, layout.vertical ? [x, y + 23] : [x + 44, y], [24, 20]);
      return node;
    });
    const [width, height] = layout.sizes;
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) wires.setAttribute(name, value);
    wires.replaceChildren(...["base", "lit"].flatMap((kind) => paths.flat().map((path) => path[kind])), ...letters.map(([, , node]) => node));
    stage.style.height = `${height}px`;
    stage.dataset.vertical = layout.vertical;
    const title = (words, column, role) => {
      const [x, y] = layout.point(column, 0);
      return el("p", { class: "cnnbook-wiring-title", "data-role": role, style: layout.vertical ? `left:0;top:${y}px` : `left:${x}px;top:0` }, words);
    };
    const names = text[layout.vertical ? "short" : "ends"];
    const [x, y] = layout.point(last(), 0);
    const sees = el("p", { class: "cnnbook-wiring-title", style: layout.vertical ? `left:0;top:${y + 23}px` : `left:${x + 44}px;top:0` }, text.sees);
    stage.replaceChildren(wires, ...graph.steps.map((_, s) => head(s)), title(names.input, 0, "input"), title(names.output, last(), "output"), sees, ...nodes.flat(), ...counts, cover);
    roam = [Math.min(roam?.[0] ?? last(), last()), Math.min(roam?.[1] ?? 0, graph.channels - 1)];
    if (!open(roam[0])) roam[0] = last();
  };

  // view: { width, vertical, key, lit: cone or null, selected, seen: inputs that each output sees, concealed }
  const draw = (next, { width, vertical, key, lit, selected, seen, concealed }) => {
    const whole = `${key}/${width}/${vertical}`;
    if (whole !== laid) {
      const focused = stage.contains(document.activeElement) && atOf(document.activeElement);
      const final = roam && graph && roam[0] === last();
      graph = next;
      layout = layOut(graph, width, vertical);
      laid = whole;
      if (final) roam = [last(), roam[1]];
      lay();
      show(roam, Boolean(focused));
    }
    cover.hidden = !concealed;
    wires.style.visibility = concealed ? "hidden" : "";
    const shown = concealed ? null : lit;
    stage.toggleAttribute("data-dim", shown !== null);
    paths.forEach((groups, s) =>
      groups.forEach(({ mine, lit: path }) => path.setAttribute("d", shown ? lineOf(s, mine.filter(([from, to]) => shown[s][from] && shown[s + 1][to])) : "")),
    );
    for (const [s, group, node] of letters) node.toggleAttribute("data-off", shown !== null && !paths[s][group].lit.getAttribute("d"));
    nodes.forEach((column, c) =>
      column.forEach((node, i) => {
        node.toggleAttribute("data-lit", shown !== null && shown[c][i]);
        if (graph.columns[c].ports) return;
        const label = text.node(graph.columns[c].layer, graph.columns.at(-1).layer, i, concealed ? null : seen[i], graph.channels);
        if (node.getAttribute("aria-label") !== label) node.setAttribute("aria-label", label);
        if (c === last()) node.setAttribute("aria-pressed", String(i === selected));
      }),
    );
    counts.forEach((node, i) => {
      put(node, concealed ? text.covered : String(seen[i]));
      node.toggleAttribute("data-all", !concealed && seen[i] === graph.channels);
    });
  };
  return { stage, draw, layout: () => layout };
};
