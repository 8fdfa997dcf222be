import { useCallback } from 'preact/hooks';
import { useCurrency, useFigure, usePage } from '../hook/use-page.ts';
import { formatAmount, formatSignedPercent, moneyDecimals, toneOf } from '../model/amount.ts';
import { formatPercent, type Tone } from '../model/format.ts';
import { Card } from './card.tsx';
import { Figure, ValueText } from './figure.tsx';
import { MiniPlot } from './mini-plot.tsx';

export function PortfolioCard() {
  const profit = useFigure('portfolio.daily_pnl');
  const nav = useFigure('portfolio.nav');
  const cash = useFigure('portfolio.cash');
  const currency = useCurrency('portfolio');
  const style = { decimals: moneyDecimals([profit, nav, cash], currency), currency };
  const format = (amount: unknown): string => formatAmount(amount, style);
  const tone = toneOf(profit, style.decimals);
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
          format={(amount) => formatAmount(amount, { ...style, isSigned: true })}
          tone={tone}
        >
          <small class="profit-share">
            <ValueText
              name="pnl-share"
              // Of two figures: of the worst.
              path="portfolio"
              text={formatSignedPercent(share)}
              tone={tone}
            />
          </small>
        </Figure>
      </dl>
      <ProfitChart tone={tone} />
      <dl class="figures">
        <Figure label="Net asset value" name="nav" path="portfolio.nav" size="large" format={format} />
        <Figure label="Cash" name="cash" path="portfolio.cash" format={format} />
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
function ProfitChart({ tone }: { readonly tone: Tone }) {
  const { recorder } = usePage();
  const read = useCallback(() => recorder.profit.read(), [recorder]);
  return <MiniPlot read={read} class="profit-chart" tone={tone ?? 'muted'} />;
}
