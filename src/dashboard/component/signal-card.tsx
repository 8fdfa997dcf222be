import { useFigure, useText } from '../hook/use-page.ts';
import { formatPercent, formatWholePercent } from '../model/format.ts';
import { Card } from './card.tsx';
import { Figure, Value } from './figure.tsx';

const tones: Readonly<Record<string, 'up' | 'down'>> = { BUY: 'up', SELL: 'down' };

export function SignalCard() {
  const side = useText('signal.side');
  const confidence = useFigure('signal.confidence');
  const reasoning = useText('signal.reasoning');
  const size = useFigure('governance.approved_size');
  return (
    <Card title="Signal" section="signal" area="signal">
      <dl class="figures signal-figures">
        <Figure
          label="Side"
          name="side"
          path="signal.side"
          size="large"
          text={side}
          tone={tones[side] ?? 'muted'}
        />
        <Figure
          label="Approved size"
          name="approved-size"
          path="governance.approved_size"
          size="large"
          text={formatPercent(size)}
        />
        <Figure
          label="Confidence"
          name="confidence"
          path="signal.confidence"
          size="large"
          text={formatWholePercent(confidence)}
        >
          <meter aria-label="Confidence" min={0} max={1} value={confidence ?? 0} />
        </Figure>
      </dl>
      <p class="reasoning">
        <Value name="reasoning" path="signal.reasoning" text={reasoning} />
      </p>
    </Card>
  );
}
