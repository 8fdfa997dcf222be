import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks';
import { useDrawing } from '../hook/use-drawing.ts';
import { useNow, usePage } from '../hook/use-page.ts';
import { useThemeVersion } from '../hook/use-theme.ts';
import { formatAmount } from '../model/amount.ts';
import { formatAge } from '../model/format.ts';
import type { PriceCanvas } from '../price-canvas.ts';

/** At a few changes a second its label follows the headline at once; to draw each of twenty costs as much as the figures. */
const leastMs = 200;

interface PriceChartProps {
  readonly seconds: number;
  /** Of the prices. */
  readonly decimals: number;
}

/** The library comes after the figures: it is most of the page's code, and they do not wait for it. */
export function PriceChart({ seconds, decimals }: PriceChartProps) {
  const { recorder } = usePage();
  const place = useRef<HTMLDivElement>(null);
  const [canvas, setCanvas] = useState<PriceCanvas>();
  const themeVersion = useThemeVersion();
  const [isMissing, setMissing] = useState(false);
  const rangeId = useId();

  useEffect(() => {
    let made: PriceCanvas | undefined;
    let isGone = false;
    import('../price-canvas.ts').then(
      ({ createPriceCanvas }) => {
        if (isGone || place.current === null) return;
        made = createPriceCanvas(place.current);
        setCanvas(made);
      },
      () => setMissing(true),
    );
    return () => {
      isGone = true;
      made?.remove();
    };
  }, []);

  useEffect(() => {
    if (themeVersion > 0) canvas?.repaint();
  }, [canvas, themeVersion]);

  const draw = useCallback(
    () => canvas?.draw(recorder.price.read(seconds), decimals),
    [canvas, recorder, seconds, decimals],
  );
  useDrawing(canvas === undefined ? undefined : draw, leastMs);

  return (
    <figure class="chart">
      <div
        class="chart-place"
        ref={place}
        role="img"
        aria-label="Price chart"
        aria-describedby={rangeId}
        data-testid="price-chart"
      >
        {isMissing && <p class="empty">The chart could not be loaded: reload the page.</p>}
      </div>
      <figcaption>
        <span>
          Charts by{' '}
          <a href="https://www.tradingview.com/" rel="noopener noreferrer" target="_blank">
            TradingView
          </a>{' '}
          Lightweight Charts™
        </span>
        <PriceRange id={rangeId} seconds={seconds} decimals={decimals} />
      </figcaption>
    </figure>
  );
}

/** What the chart says, for those who do not see it or want it to the cent. */
function PriceRange({ id, seconds, decimals }: PriceChartProps & { readonly id: string }) {
  const { recorder } = usePage();
  useNow(true);
  const { values, stepMs } = recorder.price.read(seconds);
  const known = values.filter((value) => !Number.isNaN(value));
  const missingMs = (values.length - known.length) * stepMs;
  const format = (price: number): string => formatAmount(price, { decimals });
  const range = `low ${format(Math.min(...known))} · high ${format(Math.max(...known))}`;
  const text = known.length === 0 ? 'no prices yet' : range;
  return (
    <span id={id} data-testid="price-range">
      {text}
      {missingMs > 0 && ` · no price for ${formatAge(missingMs)}`}
    </span>
  );
}
