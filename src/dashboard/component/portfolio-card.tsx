import type { TelemetryDocument } from '../../client/index.ts';
import { useSelection } from '../hook/use-selection.ts';
import { formatPercent, formatSignedPercent, formatSignedUsd, formatUsd, signTone } from '../model/format.ts';
import { figure } from '../model/knowledge.ts';
import { Card } from './card.tsx';
import { Figure, Value } from './figure.tsx';
import { ProfitChart } from './profit-chart.tsx';

const select = {
  profit: (document: TelemetryDocument): number | null => figure(document, document.portfolio?.daily_pnl),
  nav: (document: TelemetryDocument): number | null => figure(document, document.portfolio?.nav),
  cash: (document: TelemetryDocument): number | null => figure(document, document.portfolio?.cash),
  drawdown: (document: TelemetryDocument): number | null =>
    figure(document, document.portfolio?.max_drawdown),
};

export function PortfolioCard() {
  const profit = useSelection(select.profit);
  const nav = useSelection(select.nav);
  const cash = useSelection(select.cash);
  const drawdown = useSelection(select.drawdown);
  const atOpen = profit === null || nav === null ? 0 : nav - profit;
  const share = profit === null || atOpen <= 0 ? null : profit / atOpen;
  return (
    <Card title="Portfolio" section="portfolio" area="portfolio">
      <dl class="figures">
        <Figure
          label="Daily P&L"
          name="pnl"
          path="portfolio.daily_pnl"
          size="hero"
          text={formatSignedUsd(profit)}
          tone={signTone(profit)}
        >
          <small class="profit-share">
            <Value
              name="pnl-share"
              // Of two figures: of the worst.
              path="portfolio"
              text={formatSignedPercent(share)}
              tone={signTone(profit)}
            />
          </small>
        </Figure>
      </dl>
      <ProfitChart />
      <dl class="figures">
        <Figure label="Net asset value" name="nav" path="portfolio.nav" size="large" text={formatUsd(nav)} />
        <Figure label="Cash" name="cash" path="portfolio.cash" text={formatUsd(cash)} />
        <Figure
          label="Maximum drawdown"
          name="drawdown"
          path="portfolio.max_drawdown"
          text={formatPercent(drawdown)}
        />
      </dl>
    </Card>
  );
}
