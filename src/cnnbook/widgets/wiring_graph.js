// A stack of grouped convolutions as channels see it: columns, lines between them, who sees whom, cost.

const range = (length, of = (i) => i) => Array.from({ length }, (_, i) => of(i));

// Which channel stands where after a shuffle: write them into rows, one for each group, and read by columns.
export const shuffled = (channels, groups) => range(channels, (at) => (at % groups) * (channels / groups) + Math.floor(at / groups));
export const movesNothing = (channels, groups) => groups === 1 || groups === channels;
export const groupOf = (channels, groups, channel) => Math.floor(channel / (channels / groups));
export const divisors = (channels) => range(channels, (i) => i + 1).filter((groups) => channels % groups === 0);

// columns: { layer (0: the input), ports: whether they only stand in a new order, at: channel at each place, groups: of the
// layer that made them }; steps between columns: { layer, kernel (0: a shuffle), groups, lines: [from, to, group] }
export const build = (channels, layers) => {
  const plain = range(channels);
  const columns = [{ layer: 0, ports: false, at: plain, groups: 1 }];
  const steps = [];
  layers.forEach(({ kernel_size: kernel, groups, shuffle }, i) => {
    const before = columns.at(-1).groups;
    if (shuffle) {
      const at = shuffled(channels, before);
      steps.push({ layer: i, kernel: 0, groups: before, lines: at.map((from, to) => [from, to, groupOf(channels, before, from)]) });
      columns.push({ layer: i, ports: true, at, groups: before });
    }
    const mine = (channel) => groupOf(channels, groups, channel);
    steps.push({ layer: i + 1, kernel, groups, lines: plain.flatMap((to) => plain.filter((from) => mine(from) === mine(to)).map((from) => [from, to, mine(to)])) });
    columns.push({ layer: i + 1, ports: false, at: plain, groups });
  });
  return { channels, columns, steps };
};

// Which places of every column are joined to one place: what it sees to the left, what sees it to the right.
export const cone = ({ channels, columns, steps }, [column, place]) => {
  const lit = columns.map(() => Array(channels).fill(false));
  lit[column][place] = true;
  for (let s = column - 1; s >= 0; s -= 1) for (const [from, to] of steps[s].lines) lit[s][from] ||= lit[s + 1][to];
  for (let s = column; s < steps.length; s += 1) for (const [from, to] of steps[s].lines) lit[s + 1][to] ||= lit[s][from];
  return lit;
};
// reach[output][input]
export const reach = (graph) => range(graph.channels, (output) => cone(graph, [graph.columns.length - 1, output])[0]);

export const weightsOf = (channels, { kernel_size: kernel, groups }) => (kernel * kernel * channels * channels) / groups;

// everything that is counted; MACs are those of one pixel times size × size
export const measure = (channels, layers, size) => {
  const graph = build(channels, layers);
  const seen = reach(graph);
  const counts = seen.map((row) => row.filter(Boolean).length);
  const weights = layers.map((layer) => weightsOf(channels, layer));
  const parameters = weights.reduce((sum, each) => sum + each, 0);
  const dense = weightsOf(channels, { kernel_size: 3, groups: 1 });
  const field = layers.reduce((side, { kernel_size: kernel }) => side + kernel - 1, 1);
  return { graph, reach: seen, counts, full: counts.filter((count) => count === channels).length, weights, parameters, macs: parameters * size * size, dense, share: parameters / dense, field };
};
