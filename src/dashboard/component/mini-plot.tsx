import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { useDrawing } from '../hook/use-drawing.ts';
import { colour, useThemeVersion } from '../hook/use-theme.ts';
import type { TrackView } from '../model/track.ts';

interface MiniPlotProps {
  /** The same function each time. */
  readonly read: () => TrackView | undefined;
  readonly class: string;
  /** A colour of the theme. */
  readonly tone: string;
}

const leastMs = 900;

/** A line without axes, beside a figure that says the same in words: nothing for those who do not see it. */
export function MiniPlot({ read, class: className, tone }: MiniPlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const [plot, setPlot] = useState<uPlot>();
  const themeVersion = useThemeVersion();
  const toneNow = useRef(tone);

  useEffect(() => {
    const { current } = place;
    if (current === null) return;
    const made = new uPlot(
      optionsFor(sizeOf(current), () => toneNow.current),
      [[], []],
      current,
    );
    const observer = new ResizeObserver(() => made.setSize(sizeOf(current)));
    observer.observe(current);
    setPlot(made);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, []);

  useEffect(() => {
    const isPainted = toneNow.current === tone && themeVersion === 0;
    toneNow.current = tone;
    if (!isPainted) plot?.redraw(false);
  }, [plot, themeVersion, tone]);

  const draw = useCallback(() => {
    const { from, stepMs, values } = read() ?? { from: 0, stepMs: 1, values: [] };
    plot?.setData([
      values.map((_, index) => (from + index * stepMs) / 1000),
      values.map((value) => (Number.isNaN(value) ? null : value)),
    ]);
  }, [plot, read]);
  useDrawing(plot === undefined ? undefined : draw, leastMs);
  return <div class={className} ref={place} aria-hidden="true" />;
}

function sizeOf(place: HTMLElement): { width: number; height: number } {
  return { width: Math.max(1, place.clientWidth), height: Math.max(1, place.clientHeight) };
}

function optionsFor(size: { width: number; height: number }, tone: () => string): uPlot.Options {
  const stroke = (): string => colour(tone());
  return {
    ...size,
    padding: [2, 0, 2, 0],
    cursor: { show: false },
    legend: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: true } },
    series: [{}, { stroke, fill: () => `${stroke()}22`, width: 1.5, points: { show: false } }],
  };
}
