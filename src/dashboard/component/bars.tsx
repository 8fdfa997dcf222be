import { formatWholePercent } from '../model/format.ts';
import type { Ranking } from '../model/metrics-figures.ts';

interface BarsProps {
  /** What is ranked, for those who do not see the card around it. */
  readonly label: string;
  readonly ranking: Ranking;
  readonly format: (value: number) => string;
}

/** Amounts beside bars of their length, and the share of each. */
export function Bars({ label, ranking: { rows, others, sum, largest }, format }: BarsProps) {
  if (rows.length === 0) return null;
  const row = (name: string, value: number, bar?: number) => (
    <>
      <th scope="row" title={name}>
        {name}
      </th>
      <td aria-hidden="true">
        {bar !== undefined && <meter min={0} max={largest || 1} value={Math.max(0, bar)} />}
      </td>
      <td>{format(value)}</td>
      <td class="share">{sum > 0 && shareText(value / sum)}</td>
    </>
  );
  return (
    <table class="bars" aria-label={label} data-testid="bars">
      <tbody>
        {rows.map(({ name, value }) => (
          // biome-ignore lint/correctness/useJsxKeyInIterable: by rank, and names may look alike
          <tr>{row(name, value, value)}</tr>
        ))}
        {/* A bar of many would leave nothing of the others' bars. */}
        {others && <tr class="others">{row(`${others.count} others`, others.value)}</tr>}
      </tbody>
    </table>
  );
}

function shareText(share: number): string {
  return share > 0 && share < 0.005 ? '<1%' : formatWholePercent(share);
}
