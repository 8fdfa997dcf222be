import { useNow } from '../hook/use-now.ts';
import { usePage } from '../hook/use-page.ts';
import { formatAge, formatPrice } from '../model/format.ts';
import { lastOf } from '../model/track.ts';

/** What the chart says, for those who do not see it or want it to the cent. */
export function PriceRange({ id, seconds }: { readonly id: string; readonly seconds: number }) {
  const { recorder } = usePage();
  useNow(true);
  const { values, stepMs } = lastOf(recorder.price.read(), seconds);
  const known = values.filter((value) => !Number.isNaN(value));
  const missingMs = (values.length - known.length) * stepMs;
  const range = `low ${formatPrice(Math.min(...known))} · high ${formatPrice(Math.max(...known))}`;
  const text = known.length === 0 ? 'no prices yet' : range;
  return (
    <span id={id} data-testid="price-range">
      {text}
      {missingMs > 0 && ` · no price for ${formatAge(missingMs)}`}
    </span>
  );
}
