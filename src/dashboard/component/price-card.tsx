import { useState } from 'preact/hooks';
import type { TelemetryDocument } from '../../client/index.ts';
import { useSelection } from '../hook/use-selection.ts';
import { formatPrice } from '../model/format.ts';
import { figure } from '../model/knowledge.ts';
import { Card } from './card.tsx';
import { Choice } from './choice.tsx';
import { Value } from './figure.tsx';
import { MarketStrip } from './market-strip.tsx';
import { PriceChange } from './price-change.tsx';
import { PriceChart } from './price-chart.tsx';

const ranges = [
  { value: '60', label: '1 min' },
  { value: '300', label: '5 min' },
  { value: '600', label: '10 min' },
] as const;
type Range = (typeof ranges)[number]['value'];

const selectPrice = (document: TelemetryDocument): number | null => figure(document, document.market?.price);

export function PriceCard() {
  const price = useSelection(selectPrice);
  const [range, setRange] = useState<Range>('600');
  const seconds = Number(range);
  const choice = (
    <Choice legend="Range of the chart" isLegendHidden options={ranges} value={range} onChoose={setRange} />
  );
  return (
    <Card title="Price, USD" section="market" area="price" aside={choice}>
      <p class="price-line">
        <span class="price">
          <Value text={formatPrice(price)} name="price" path="market.price" />
        </span>
        <PriceChange seconds={seconds} />
      </p>
      <PriceChart seconds={seconds} />
      <MarketStrip />
    </Card>
  );
}
