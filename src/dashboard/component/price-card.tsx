import { useEffect, useState } from 'preact/hooks';
import { useFreshness } from '../hook/use-freshness.ts';
import { useCurrency, useFigure, useNow, usePage } from '../hook/use-page.ts';
import {
  formatAmount,
  formatFigure,
  formatSignedPercent,
  formatSlope,
  priceDecimals,
  toneOf,
} from '../model/amount.ts';
import { formatAge } from '../model/format.ts';
import { nearSeconds, offeredRanges } from '../model/price-tracks.ts';
import { Card } from './card.tsx';
import { Choice } from './choice.tsx';
import { Figure, Value } from './figure.tsx';
import { PriceChart } from './price-chart.tsx';

export function PriceCard() {
  const { ranges, seconds, choose } = useRange();
  const currency = useCurrency('market');
  const decimals = usePriceDecimals(seconds, currency);
  const choice = (
    <Choice
      legend="Range of the chart"
      isLegendHidden
      options={ranges}
      value={`${seconds}`}
      onChoose={choose}
    />
  );
  return (
    <Card
      title={currency === undefined ? 'Price' : `Price, ${currency}`}
      section="market"
      area="price"
      aside={choice}
    >
      <p class="price-line">
        <span class="price">
          <Value name="price" path="market.price" format={(price) => formatAmount(price, { decimals })} />
        </span>
        <PriceChange seconds={seconds} decimals={decimals} />
      </p>
      <PriceChart seconds={seconds} decimals={decimals} />
      <MarketStrip currency={currency} />
    </Card>
  );
}

/** What the chart shows: of the ranges that there is a past for, the one that was chosen or the next shorter one. */
function useRange() {
  const { recorder } = usePage();
  const [wanted, setWanted] = useState<number>(nearSeconds);
  useNow(true);
  const offered = offeredRanges(recorder.pastSeconds);
  const seconds = offered.findLast((range) => range.seconds <= wanted)?.seconds ?? nearSeconds;
  useEffect(() => recorder.show(seconds), [recorder, seconds]);
  return {
    ranges: offered.map((range) => ({ value: `${range.seconds}`, label: range.label })),
    seconds,
    choose: (value: string) => setWanted(Number(value)),
  };
}

/** Decimals of the price and of those before it, as far as the chart shows them: what moved is seen to have moved. */
function usePriceDecimals(seconds: number, currency: string | undefined): number {
  const { recorder } = usePage();
  const price = useFigure('market.price');
  useNow(true);
  const { values } = recorder.price.read(seconds);
  return priceDecimals([price, ...values], currency);
}

interface PriceChangeProps {
  readonly seconds: number;
  readonly decimals: number;
}

const arrows = { up: '▲', down: '▼' } as const;

/** How far the price moved over what the chart shows. */
function PriceChange({ seconds, decimals }: PriceChangeProps) {
  const { recorder } = usePage();
  const isStale = useFreshness('market.price') !== 'fresh';
  useNow(true);
  const { values, stepMs } = recorder.price.read(seconds);
  const [first] = values;
  const last = values.findLast((value) => !Number.isNaN(value));
  if (first === undefined || last === undefined) return <span class="price-change" />;
  const change = last - first;
  const tone = toneOf(change, decimals);
  return (
    <span class="price-change" data-testid="price-change" data-tone={tone} data-stale={isStale}>
      <span aria-hidden="true">{tone === 'up' || tone === 'down' ? arrows[tone] : '■'}</span>{' '}
      {formatAmount(change, { decimals, isSigned: true })} ({formatSignedPercent(change / first, 4)}){' '}
      <small>in {formatAge(values.length * stepMs)}</small>
    </span>
  );
}

/** What the engine makes of the market. */
function MarketStrip({ currency }: { readonly currency: string | undefined }) {
  const per = currency === undefined ? 'per ' : `${currency}/`;
  return (
    <dl class="strip">
      <Figure label="Regime" name="regime" path="market.regime" />
      <Figure label="Alpha (tail index)" name="alpha" path="market.alpha" format={formatFigure} />
      <Figure label={`Velocity, ${per}period`} name="velocity" path="market.velocity" format={formatSlope} />
      <Figure
        label={`Acceleration, ${per}period²`}
        name="acceleration"
        path="market.acceleration"
        format={formatSlope}
      />
    </dl>
  );
}
