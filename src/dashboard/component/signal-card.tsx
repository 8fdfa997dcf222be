import { useIsSent } from '../hook/use-freshness.ts';
import { useFigure, useValue } from '../hook/use-page.ts';
import { formatPercent, formatText, formatWholePercent } from '../model/format.ts';
import { Card } from './card.tsx';
import { Figure, Value } from './figure.tsx';

const tones: Readonly<Record<string, 'up' | 'down'>> = { BUY: 'up', SELL: 'down' };

/** What the engine would do, and how much of it was approved: an engine may have either without the other. */
export function SignalCard() {
  const hasSignal = useIsSent('signal');
  const hasGovernance = useIsSent('governance');
  const tone = tones[formatText(useValue('signal.side'))] ?? 'muted';
  const confidence = useFigure('signal.confidence');
  return (
    <Card title="Signal" section={hasGovernance && !hasSignal ? 'governance' : 'signal'} area="signal">
      <dl class="figures signal-figures">
        {hasSignal && <Figure label="Side" name="side" path="signal.side" size="large" tone={tone} />}
        {hasGovernance && (
          <Figure
            label="Approved size"
            name="approved-size"
            path="governance.approved_size"
            size="large"
            format={formatPercent}
          />
        )}
        {hasSignal && (
          <Figure
            label="Confidence"
            name="confidence"
            path="signal.confidence"
            size="large"
            format={formatWholePercent}
          >
            <meter aria-label="Confidence" min={0} max={1} value={confidence ?? 0} />
          </Figure>
        )}
      </dl>
      {hasSignal && (
        <p class="reasoning">
          <Value name="reasoning" path="signal.reasoning" />
        </p>
      )}
    </Card>
  );
}
