import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks';
import { useDrawing } from '../hook/use-drawing.ts';
import { usePage } from '../hook/use-page.ts';
import { useThemeVersion } from '../hook/use-theme.ts';
import type { PriceCanvas } from '../price-canvas.ts';
import { PriceRange } from './price-range.tsx';

/** It shows a point a second. */
const leastMs = 500;

/** The library comes after the figures: it is most of the page's code, and they do not wait for it. */
export function PriceChart({ seconds }: { readonly seconds: number }) {
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

  const draw = useCallback(() => canvas?.draw(recorder.price.read(), seconds), [canvas, recorder, seconds]);
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
        <PriceRange id={rangeId} seconds={seconds} />
      </figcaption>
    </figure>
  );
}
