// Least squares by Householder's QR with column pivoting; of several solutions the shortest one.

const still = () => {};
// Reflect column `at` so that its entries below `at` vanish, and the columns after it alike.
// data holds columns of `rows` numbers each. Returns the reflection, apply(target, start), which
// reads what is left below the diagonal and is its own inverse.
const reflect = (data, rows, cols, at) => {
  const own = at * rows;
  let square = 0;
  for (let i = at; i < rows; i += 1) square += data[own + i] ** 2;
  const length = Math.sqrt(square);
  if (length === 0) return still;
  const head = data[own + at];
  const peak = head > 0 ? -length : length;
  const first = head - peak;
  const scale = 1 / (length * (length + Math.abs(head))); // 2 / v·v
  const apply = (target, start) => {
    let sum = first * target[start + at];
    for (let i = at + 1; i < rows; i += 1) sum += data[own + i] * target[start + i];
    sum *= scale;
    target[start + at] -= sum * first;
    for (let i = at + 1; i < rows; i += 1) target[start + i] -= sum * data[own + i];
  };
  for (let j = at + 1; j < cols; j += 1) apply(data, j * rows);
  data[own + at] = peak;
  return apply;
};

// Bring the longest of the remaining columns to place `at`.
const pivot = (data, rows, cols, at, order) => {
  let [best, longest] = [at, -1];
  for (let j = at; j < cols; j += 1) {
    let square = 0;
    for (let i = at; i < rows; i += 1) square += data[j * rows + i] ** 2;
    if (square > longest) [best, longest] = [j, square];
  }
  if (best === at) return;
  [order[at], order[best]] = [order[best], order[at]];
  for (let i = 0; i < rows; i += 1) {
    const kept = data[at * rows + i];
    data[at * rows + i] = data[best * rows + i];
    data[best * rows + i] = kept;
  }
};

// Solve R c = right for an upper triangle of `rank` columns.
const back = (data, rows, rank, right) => {
  const found = new Float64Array(rank);
  for (let j = rank - 1; j >= 0; j -= 1) {
    let sum = right[j];
    for (let k = j + 1; k < rank; k += 1) sum -= data[k * rows + j] * found[k];
    found[j] = sum / data[j * rows + j];
  }
  return found;
};

// The shortest c with T c = right, T the first `rank` rows of data: from the QR of T transposed.
const shortest = (data, rows, cols, rank, right) => {
  const turned = new Float64Array(cols * rank); // rank columns of cols numbers
  for (let i = 0; i < rank; i += 1) for (let j = i; j < cols; j += 1) turned[i * cols + j] = data[j * rows + i];
  const steps = [];
  for (let at = 0; at < rank; at += 1) steps.push(reflect(turned, cols, rank, at));
  const found = new Float64Array(cols);
  for (let i = 0; i < rank; i += 1) {
    let sum = right[i];
    for (let k = 0; k < i; k += 1) sum -= turned[i * cols + k] * found[k];
    found[i] = sum / turned[i * cols + i];
  }
  for (const step of steps.reverse()) step(found, 0);
  return found;
};

// columns: Float64Array, `cols` columns of y.length numbers each, left as it is -> the coefficients
// that minimise mean (y − columns c)² + ridge Σ c²
export const solve = (columns, y, cols, ridge = 0) => {
  const plain = y.length;
  const rows = plain + (ridge > 0 ? cols : 0);
  const data = new Float64Array(rows * cols);
  const right = new Float64Array(rows);
  right.set(y);
  for (let j = 0; j < cols; j += 1) {
    data.set(columns.subarray(j * plain, (j + 1) * plain), j * rows);
    if (ridge > 0) data[j * rows + plain + j] = Math.sqrt(plain * ridge);
  }
  const order = Array.from({ length: cols }, (_, j) => j);
  const most = Math.min(rows, cols);
  const least = Number.EPSILON * Math.max(rows, cols);
  let rank = 0;
  for (let at = 0; at < most; at += 1) {
    if (!(ridge > 0)) pivot(data, rows, cols, at, order);
    reflect(data, rows, cols, at)(right, 0);
    if (Math.abs(data[at * rows + at]) <= least * Math.abs(data[0])) break;
    rank += 1;
  }
  const short = rank < cols ? shortest(data, rows, cols, rank, right) : back(data, rows, rank, right);
  const found = new Float64Array(cols);
  order.forEach((column, j) => (found[column] = short[j]));
  return found;
};
