import { useCallback } from 'preact/hooks';
import { usePage } from '../hook/use-page.ts';
import { MiniPlot } from './mini-plot.tsx';

/** The daily P&L of the last ten minutes. */
export function ProfitChart() {
  const { recorder } = usePage();
  const read = useCallback(() => recorder.profit.read(), [recorder]);
  return <MiniPlot read={read} class="profit-chart" tone="sign" />;
}
