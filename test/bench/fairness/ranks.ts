/** Places of values by size, from 0; those of the same size share the mean of theirs. */
export function ranks(values: readonly number[]): readonly number[] {
  const order = values.map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const places = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && order[to]?.value === order[from]?.value) to += 1;
    for (const { index } of order.slice(from, to)) places[index] = (from + to - 1) / 2;
    from = to;
  }
  return places;
}

/** Spearman's rank correlation, −1 to 1. NaN: there is none, where all values of a side are the same. */
export function rankCorrelation(left: readonly number[], right: readonly number[]): number {
  const [a, b] = [deviations(ranks(left)), deviations(ranks(right))];
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

function deviations(values: readonly number[]): readonly number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

function product(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? Number.NaN), 0);
}
