import {
  type AreaData,
  AreaSeries,
  createChart,
  type IChartApi,
  type Time,
  type UTCTimestamp,
  type WhitespaceData,
} from 'lightweight-charts';
import { colour } from './hook/use-theme.ts';
import { formatAmount } from './model/amount.ts';
import { formatTime } from './model/format.ts';
import type { TrackView } from './model/track.ts';

export interface PriceCanvas {
  /** @param decimals of the prices on the scale */
  draw(track: TrackView, decimals: number): void;
  /** Takes on the colours of the present theme. */
  repaint(): void;
  remove(): void;
}

/** So much is shown at least, lest the first seconds look like a day's trading. */
const leastSlots = 60;
const invisible = 'transparent';
/** Ends the line before a gap: a segment has the colours of the point that it begins with. */
const lineEnd = { lineColor: invisible, topColor: invisible, bottomColor: invisible };

export function createPriceCanvas(place: HTMLElement): PriceCanvas {
  const chart = createChart(place, {
    autoSize: true,
    // Its logo brings an inline style, which the page's Content-Security-Policy forbids: the link is below the chart.
    layout: { background: { color: invisible }, attributionLogo: false },
    localization: { timeFormatter: timeText },
    rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.1, bottom: 0.08 } },
    timeScale: {
      borderVisible: false,
      timeVisible: true,
      secondsVisible: true,
      tickMarkFormatter: timeText,
    },
    // The wheel and a finger scroll the page.
    handleScroll: false,
    handleScale: false,
  });
  const series = chart.addSeries(AreaSeries, {
    lineWidth: 2,
    priceLineVisible: true,
    lastValueVisible: true,
  });

  const repaint = (): void => {
    paintChart(chart);
    const line = colour('accent');
    series.applyOptions({
      lineColor: line,
      topColor: `${line}40`,
      bottomColor: `${line}00`,
      priceLineColor: line,
    });
  };
  let shown = '';
  let isLastShown = true;
  /** The last price, with a line across the chart. Hidden while it is stale: it would look current. */
  const showLast = (isCurrent: boolean): void => {
    if (isCurrent === isLastShown) return;
    isLastShown = isCurrent;
    series.applyOptions({ priceLineVisible: isCurrent, lastValueVisible: isCurrent });
  };
  let decimalsShown: number | undefined;
  const showDecimals = (decimals: number): void => {
    if (decimals === decimalsShown) return;
    decimalsShown = decimals;
    const formatter = (price: number): string => formatAmount(price, { decimals });
    series.applyOptions({ priceFormat: { type: 'custom', formatter, minMove: 10 ** -decimals } });
  };
  repaint();
  return {
    repaint,
    remove: () => chart.remove(),
    draw(track, decimals) {
      showDecimals(decimals);
      const points = toPoints(track);
      const newest = points.at(-1);
      showLast(newest !== undefined && 'value' in newest);
      // Within a step only the newest point moves, unless history came in.
      const key = `${track.stepMs}/${points.length}/${newest?.time}/${countKnown(points)}`;
      if (key === shown && newest !== undefined) {
        series.update(newest);
        return;
      }
      shown = key;
      series.setData(points);
      // All of it: by itself the chart would end with the last price, and not show that there is none since.
      chart.timeScale().setVisibleLogicalRange({ from: -0.5, to: points.length - 0.5 });
    },
  };
}

function toPoints({ from, stepMs, values }: TrackView): (AreaData | WhitespaceData)[] {
  const missing = Math.max(0, leastSlots - values.length);
  const padded = [...Array<number>(missing).fill(Number.NaN), ...values];
  const begin = from / stepMs - missing;
  return padded.map((value, index) => {
    const time = toTime(((begin + index) * stepMs) / 1000);
    if (Number.isNaN(value)) return { time };
    const isLast = index === padded.length - 1 || !Number.isNaN(padded[index + 1]);
    return isLast ? { time, value } : { time, value, ...lineEnd };
  });
}

function countKnown(points: readonly (AreaData | WhitespaceData)[]): number {
  return points.filter((point) => 'value' in point).length;
}

/** The library's name for seconds since the epoch. */
function toTime(seconds: number): UTCTimestamp {
  return seconds as UTCTimestamp;
}

function timeText(time: Time): string {
  return typeof time === 'number' ? formatTime(time * 1000) : '';
}

function paintChart(chart: IChartApi): void {
  const rule = colour('rule');
  const fontSize = Math.round(Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.75);
  chart.applyOptions({
    layout: { textColor: colour('muted'), fontFamily: 'system-ui, sans-serif', fontSize },
    grid: { vertLines: { color: rule }, horzLines: { color: rule } },
    crosshair: {
      vertLine: { labelBackgroundColor: colour('muted') },
      horzLine: { labelBackgroundColor: colour('muted') },
    },
  });
}
