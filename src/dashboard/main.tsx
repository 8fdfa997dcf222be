import { options, render } from 'preact';
import { createTelemetryClient } from '../client/index.ts';
import { msgpack } from '../client/msgpack.ts';
import { App } from './app.tsx';
import { createFramePace } from './frame-pace.ts';
import { PageContext } from './hook/use-page.ts';
import { applyTheme, readTheme } from './hook/use-theme.ts';
import { createFetchHistory } from './model/history.ts';
import { LogTrail } from './model/log-trail.ts';
import { Outages } from './model/outages.ts';
import { readView } from './model/page-settings.ts';
import { Recorder } from './model/recorder.ts';
import { showInTitle } from './page-title.ts';
import { createPageTokens } from './page-tokens.ts';
import { watchForRefusals } from './token-probe.ts';

/** Nobody reads faster, and at 20 updates a second it halves what the page costs. */
const leastRenderMs = 100;

// However often something changes, what is seen changes once a frame.
options.debounceRendering = createFramePace(leastRenderMs);

applyTheme(readTheme());
const tokens = createPageTokens();
const client = createTelemetryClient({
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
