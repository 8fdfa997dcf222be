import type { TelemetryDocument } from '../../client/index.ts';
import { useSelection } from '../hook/use-selection.ts';
import { formatFigure, formatSlope, formatText } from '../model/format.ts';
import { figure } from '../model/knowledge.ts';
import { Figure } from './figure.tsx';

const select = {
  regime: ({ market }: TelemetryDocument): unknown => market?.regime,
  alpha: (document: TelemetryDocument): number | null => figure(document, document.market?.alpha),
  velocity: (document: TelemetryDocument): number | null => figure(document, document.market?.velocity),
  acceleration: (document: TelemetryDocument): number | null =>
    figure(document, document.market?.acceleration),
};

/** What the engine makes of the market. */
export function MarketStrip() {
  return (
    <dl class="strip">
      <Figure
        label="Regime"
        name="regime"
        path="market.regime"
        text={formatText(useSelection(select.regime))}
      />
      <Figure
        label="Alpha (tail index)"
        name="alpha"
        path="market.alpha"
        text={formatFigure(useSelection(select.alpha))}
      />
      <Figure
        label="Velocity, $/period"
        name="velocity"
        path="market.velocity"
        text={formatSlope(useSelection(select.velocity))}
      />
      <Figure
        label="Acceleration, $/period²"
        name="acceleration"
        path="market.acceleration"
        text={formatSlope(useSelection(select.acceleration))}
      />
    </dl>
  );
}
