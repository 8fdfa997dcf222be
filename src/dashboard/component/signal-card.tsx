import type { TelemetryDocument } from '../../client/index.ts';
import { useSelection } from '../hook/use-selection.ts';
import { formatPercent, formatText, formatWholePercent } from '../model/format.ts';
import { figure } from '../model/knowledge.ts';
import { Card } from './card.tsx';
import { Figure, Value } from './figure.tsx';

const select = {
  side: ({ signal }: TelemetryDocument): unknown => signal?.side,
  confidence: (document: TelemetryDocument): number | null => figure(document, document.signal?.confidence),
  reasoning: ({ signal }: TelemetryDocument): unknown => signal?.reasoning,
  size: (document: TelemetryDocument): number | null => figure(document, document.governance?.approved_size),
};
const tones: Readonly<Record<string, 'up' | 'down'>> = { BUY: 'up', SELL: 'down' };

export function SignalCard() {
  const side = formatText(useSelection(select.side));
  const confidence = useSelection(select.confidence);
  const reasoning = formatText(useSelection(select.reasoning));
  const size = useSelection(select.size);
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
