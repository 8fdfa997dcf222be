import { options, render } from 'preact';
import { msgpack } from '../client/msgpack.ts';
import { createSharedTelemetryClient } from '../client/share/index.ts';
import { ConnectionCard } from './component/connection-card.tsx';
import { ContradictionBanner } from './component/contradiction-banner.tsx';
import { FiguresCard } from './component/figures-card.tsx';
import { LogCard } from './component/log-card.tsx';
import { PortfolioCard } from './component/portfolio-card.tsx';
import { PriceCard } from './component/price-card.tsx';
import { SignalCard } from './component/signal-card.tsx';
import { TopBar } from './component/top-bar.tsx';
import { FramePace } from './hook/use-drawing.ts';
import { PageContext } from './hook/use-page.ts';
import { applyTheme, readTheme } from './hook/use-theme.ts';
import { createFetchHistory } from './model/history.ts';
import { Outages } from './model/knowledge.ts';
import { LogTrail } from './model/log-trail.ts';
import { readView } from './model/page-settings.ts';
import { Recorder } from './model/recorder.ts';
import { showInTitle } from './page-title.ts';
import { createPageTokens, watchForRefusals } from './page-tokens.ts';

/** Nobody reads faster, and at 20 updates a second it halves what the page costs. */
const leastRenderMs = 100;

// However often something changes, what is seen changes once a frame.
const pace = new FramePace(leastRenderMs);
options.debounceRendering = (task) => pace.run(task);

applyTheme(readTheme());
const tokens = createPageTokens();
// Where only event streams get through, six tabs with one each are all that a browser connects to a host.
const client = createSharedTelemetryClient({
  url: '.',
  ...readView(location.search),
  codec: msgpack,
  ...(tokens.current === undefined ? {} : { token: tokens.current }),
  // People look at this page: it asks often whether the gateway is there, and does not wait long for it.
  timing: { heartbeatMs: 2000, staleMs: 4000, silenceMs: 15_000, backoffMs: 500, backoffMaxMs: 5000 },
});
const recorder = new Recorder({
  client,
  fetchHistory: createFetchHistory((input, init) => fetch(input, init), tokens.current),
  onUnauthorised: () => tokens.judged(true),
});
const logTrail = new LogTrail();
client.select('logs', (lines) => logTrail.take(lines ?? []));
const outages = new Outages();
client.on('freshness', () => outages.take(client.sources, Date.now()));
showInTitle(client);
watchForRefusals(client, tokens);

const place = document.getElementById('app');
if (place !== null) {
  render(
    <PageContext.Provider value={{ client, recorder, logTrail, outages, tokens }}>
      <App />
    </PageContext.Provider>,
    place,
  );
}

function App() {
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
