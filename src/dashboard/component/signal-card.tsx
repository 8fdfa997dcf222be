import { useFigure, useValue } from '../hook/use-page.ts';
import { formatPercent, formatText, formatWholePercent } from '../model/format.ts';
import { Card } from './card.tsx';
import { Figure, Value } from './figure.tsx';

const tones: Readonly<Record<string, 'up' | 'down'>> = { BUY: 'up', SELL: 'down' };

export function SignalCard() {
  const tone = tones[formatText(useValue('signal.side'))] ?? 'muted';
  const confidence = useFigure('signal.confidence');
  return (
    <Card title="Signal" section="signal" area="signal">
      <dl class="figures signal-figures">
        <Figure label="Side" name="side" path="signal.side" size="large" tone={tone} />
        <Figure
          label="Approved size"
          name="approved-size"
          path="governance.approved_size"
          size="large"
          format={formatPercent}
        />
        <Figure
          label="Confidence"
          name="confidence"
          path="signal.confidence"
          size="large"
          format={formatWholePercent}
        >
          <meter aria-label="Confidence" min={0} max={1} value={confidence ?? 0} />
        </Figure>
      </dl>
      <p class="reasoning">
        <Value name="reasoning" path="signal.reasoning" />
      </p>
    </Card>
  );
}
