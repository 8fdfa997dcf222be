import { options, render } from 'preact';
import { msgpack } from '../client/msgpack.ts';
import { createSharedTelemetryClient } from '../client/share/index.ts';
import { ConnectionCard } from './component/connection-card.tsx';
import { ContradictionBanner } from './component/contradiction-banner.tsx';
import { FiguresCard } from './component/figures-card.tsx';
import { LogCard } from './component/log-card.tsx';
import { Pinned } from './component/pinned.tsx';
import { PortfolioCard } from './component/portfolio-card.tsx';
import { PriceCard } from './component/price-card.tsx';
import { RefusalCard } from './component/refusal-card.tsx';
import { SignalCard } from './component/signal-card.tsx';
import { Tabs } from './component/tabs.tsx';
import { TopBar } from './component/top-bar.tsx';
import { FramePace } from './hook/use-drawing.ts';
import { PageContext } from './hook/use-page.ts';
import { useTab } from './hook/use-tab.ts';
import { applyTheme, readTheme } from './hook/use-theme.ts';
import { createFetchHistory } from './model/history.ts';
import { Outages } from './model/knowledge.ts';
import { LogTrail } from './model/log-trail.ts';
import { readView } from './model/page-settings.ts';
import { Pause } from './model/pause.ts';
import { Recorder } from './model/recorder.ts';
import { SymbolNotice } from './model/symbol-notice.ts';
import { showInTitle } from './page-title.ts';
import { PageTokens } from './page-tokens.ts';

/** Nobody reads faster, and at 20 updates a second it halves what the page costs. */
const leastRenderMs = 100;

// However often something changes, what is seen changes once a frame.
const pace = new FramePace(leastRenderMs);
options.debounceRendering = (task) => pace.run(task);

applyTheme(readTheme());
const tokens = new PageTokens();
const isHidden = (): boolean => document.hidden;
const view = readView(location.search);
const { interval = 0 } = view;
// Where only event streams get through, six tabs with one each are all that a browser connects to a host.
const client = createSharedTelemetryClient({
  url: '.',
  ...view,
  interval: Pause.firstInterval(isHidden(), interval),
  codec: msgpack,
  ...(tokens.current === undefined ? {} : { token: tokens.current }),
  // People look at this page: it asks often whether the gateway is there, and does not wait long for it.
  timing: { heartbeatMs: 2000, staleMs: 4000, silenceMs: 15_000, backoffMs: 500, backoffMaxMs: 5000 },
});
const pause = new Pause({ client, isHidden, interval, after: (ms, task) => setTimeout(task, ms) });
document.addEventListener('visibilitychange', () => pause.update());
const recorder = new Recorder({
  client,
  fetchHistory: createFetchHistory(
    (input, init) => fetch(input, init),
    () => tokens.current,
  ),
});
const logTrail = new LogTrail();
client.select('logs', (lines) => logTrail.take(lines ?? []));
const symbolNotice = new SymbolNotice();
client.on('error', ({ code }) => {
  if (code !== 'UNKNOWN_SYMBOL') return;
  symbolNotice.set(client.wanted.symbol ?? undefined);
  // The gateway shows the default document by now: a new connection is not to ask for the other one again.
  client.setOptions({ symbol: null }).catch(() => {});
});
const outages = new Outages();
client.on('freshness', () => outages.take(client.sources, Date.now()));
showInTitle(client);

const place = document.getElementById('app');
if (place !== null) {
  render(
    <PageContext.Provider value={{ client, pause, recorder, logTrail, outages, symbolNotice, tokens }}>
      <App />
    </PageContext.Provider>,
    place,
  );
}

function App() {
  const [tab, openTab] = useTab();
  return (
    <>
      <a class="skip" href="#main">
        Skip to the figures
      </a>
      <Pinned>
        <ContradictionBanner />
        <TopBar />
      </Pinned>
      <main id="main">
        <RefusalCard />
        <Tabs open={tab} onOpen={openTab}>
          <div class="row lead">
            <PriceCard />
            <div class="side">
              <PortfolioCard />
              <SignalCard />
            </div>
          </div>
          <div class="row lists">
            <FiguresCard title="Agents" section="agents" />
            <FiguresCard title="Models" section="models" />
            <LogCard />
          </div>
        </Tabs>
        <ConnectionCard isBrief={tab === 'metrics'} />
      </main>
      <footer>
        <a href="api/telemetry">Snapshot</a>
        <a href="health">Health</a>
        <a href="metrics">Prometheus</a>
        <a href="asyncapi.json">AsyncAPI</a>
        <a href="websocket-test">WebSocket console</a>
      </footer>
    </>
  );
}
