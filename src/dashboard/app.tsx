import { ConnectionCard } from './component/connection-card.tsx';
import { ContradictionBanner } from './component/contradiction-banner.tsx';
import { FiguresCard } from './component/figures-card.tsx';
import { LogCard } from './component/log-card.tsx';
import { PortfolioCard } from './component/portfolio-card.tsx';
import { PriceCard } from './component/price-card.tsx';
import { SignalCard } from './component/signal-card.tsx';
import { TopBar } from './component/top-bar.tsx';

export function App() {
  return (
    <>
      <a class="skip" href="#main">
        Skip to the figures
      </a>
      <ContradictionBanner />
      <TopBar />
      <main id="main">
        <PriceCard />
        <PortfolioCard />
        <SignalCard />
        <FiguresCard title="Agents" section="agents" />
        <FiguresCard title="Models" section="models" />
        <LogCard />
        <ConnectionCard />
      </main>
      <footer>
        <a href="api/telemetry">Snapshot</a>
        <a href="health">Health</a>
        <a href="metrics">Metrics</a>
        <a href="asyncapi.json">AsyncAPI</a>
        <a href="websocket-test">WebSocket console</a>
      </footer>
    </>
  );
}
