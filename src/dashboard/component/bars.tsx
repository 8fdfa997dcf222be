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
  const row = (name: string, value: number) => (
    <>
      <th scope="row" title={name}>
        {name}
      </th>
      <td aria-hidden="true">
        <meter min={0} max={largest || 1} value={Math.max(0, value)} />
      </td>
      <td>{format(value)}</td>
      <td class="share">{formatWholePercent(sum > 0 ? value / sum : undefined)}</td>
    </>
  );
  return (
    <table class="bars" aria-label={label} data-testid="bars">
      <tbody>
        {rows.map(({ name, value }) => (
          <tr key={name}>{row(name, value)}</tr>
        ))}
        {others && <tr class="others">{row(`${others.count} others`, others.value)}</tr>}
      </tbody>
    </table>
  );
}
