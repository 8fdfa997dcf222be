import { useCallback } from 'preact/hooks';
import { useFigure, usePage } from '../hook/use-page.ts';
import { formatPercent, formatSignedPercent, formatSignedUsd, formatUsd, signTone } from '../model/format.ts';
import { Card } from './card.tsx';
import { Figure, ValueText } from './figure.tsx';
import { MiniPlot } from './mini-plot.tsx';

export function PortfolioCard() {
  const profit = useFigure('portfolio.daily_pnl');
  const nav = useFigure('portfolio.nav');
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
          format={formatSignedUsd}
          tone={signTone(profit)}
        >
          <small class="profit-share">
            <ValueText
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
        <Figure label="Net asset value" name="nav" path="portfolio.nav" size="large" format={formatUsd} />
        <Figure label="Cash" name="cash" path="portfolio.cash" format={formatUsd} />
        <Figure
          label="Maximum drawdown"
          name="drawdown"
          path="portfolio.max_drawdown"
          format={formatPercent}
        />
      </dl>
    </Card>
  );
}

/** The daily P&L of the last ten minutes. */
function ProfitChart() {
  const { recorder } = usePage();
  const read = useCallback(() => recorder.profit.read(), [recorder]);
  return <MiniPlot read={read} class="profit-chart" tone="sign" />;
}
