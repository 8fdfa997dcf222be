import { useFreshness } from '../hook/use-freshness.ts';
import { useNow } from '../hook/use-now.ts';
import { usePage } from '../hook/use-page.ts';
import { formatAge, formatPriceChange, formatSignedPercent, signTone } from '../model/format.ts';
import { lastOf } from '../model/track.ts';

const arrows = { up: '▲', down: '▼' } as const;

/** How far the price moved over what the chart shows. */
export function PriceChange({ seconds }: { readonly seconds: number }) {
  const { recorder } = usePage();
  const isStale = useFreshness('market.price') !== 'fresh';
  useNow(true);
  const { values, stepMs } = lastOf(recorder.price.read(), seconds);
  const [first] = values;
  const last = values.findLast((value) => !Number.isNaN(value));
  if (first === undefined || last === undefined) return <span class="price-change" />;
  const change = last - first;
  const tone = signTone(change);
  return (
    <span class="price-change" data-testid="price-change" data-tone={tone} data-stale={isStale}>
      <span aria-hidden="true">{tone === 'up' || tone === 'down' ? arrows[tone] : '■'}</span>{' '}
      {formatPriceChange(change)} ({formatSignedPercent(change / first)}){' '}
      <small>in {formatAge(values.length * stepMs)}</small>
    </span>
  );
}
