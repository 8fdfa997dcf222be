import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startGateway } from '../../support/gateway.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

// Pages of an earlier gateway with these paths and frames, as they were shipped: they run as they stand.

const connecting = `
const ws = new WebSocket('ws://localhost:8082/ws/diagnostics');
ws.onopen = () => {
  console.log('Connected to diagnostics stream');
  startHeartbeat();
};
ws.onmessage = (event) => {
  const message = JSON.parse(event.data);
  handleMessage(message);
};
ws.onerror = (error) => {
  console.error('WebSocket error:', error);
};
ws.onclose = () => {
  console.log('Disconnected from diagnostics stream');
  scheduleReconnect();
};
let heartbeatInterval;
function startHeartbeat() {
  heartbeatInterval = setInterval(() => {
    if (ws.readyState === WebSocket.OPEN) {
      ws.send(JSON.stringify({ type: 'ping' }));
    }
  }, 10000);
}
`;

const polling = `
setInterval(async () => {
  const logs = await fetch('/api/diagnostics/logs');
  const telemetry = await fetch('/api/diagnostics/telemetry');
  updateUI(await logs.json(), await telemetry.json());
}, 1000);
`;

const listening = `
const ws = new WebSocket('ws://localhost:8082/ws/diagnostics');
ws.onmessage = (event) => {
  const message = JSON.parse(event.data);
  if (message.type === 'log') {
    updateLogs(message.data);
  } else if (message.type === 'telemetry') {
    updateTelemetry(message.data);
  } else if (message.type === 'persona_entry') {
    updatePersonaDiary(message.data);
  }
};
`;

/** What such a page does with a diary entry: it takes for granted that all of this is there. */
const diaryLine = `
function updatePersonaDiary(entry) {
  const links = [...entry.related_process_ids, ...entry.related_goal_ids];
  shown.push([entry.entry_id, entry.emotion_tags.map((tag) => '#' + tag).join(' '), links.length].join('|'));
}
`;

/** A gateway, and a page that runs a script: its timers go off as soon as the test says so. */
async function openPage(test: TestScope, script: string, page: Record<string, unknown>) {
  const gateway = await useIn(test, startGateway({ engine: false, settings: { ALLOW_INGEST: 'true' } }));
  const timers: (() => unknown)[] = [];
  class PageSocket extends WebSocket {
    constructor(url: string) {
      super(url.replace('8082', String(gateway.port)));
      test.onTestFinished(() => this.terminate());
    }
  }
  runInNewContext(script, {
    console: { log() {}, error() {} },
    WebSocket: PageSocket,
    fetch: (path: string) => fetch(new URL(path, gateway.url)),
    setInterval: (task: () => unknown) => timers.push(task),
    ...page,
  });
  return {
    tick: async () => {
      for (const task of timers) await task();
    },
    timers,
    post: (name: string, body: object) =>
      fetch(`${gateway.url}/api/diagnostics/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  };
}

describe('A shipped page', () => {
  it('connects, pings, and is answered', async (test) => {
    const types: string[] = [];
    const page = await openPage(test, connecting, {
      handleMessage: ({ type }: { type: string }) => types.push(type),
      scheduleReconnect() {},
    });
    await waitFor(
      'its two first frames and its heartbeat',
      () => types.length >= 2 && page.timers.length > 0,
    );
    expect(types.slice(0, 2)).toEqual(['telemetry', 'logs']);
    await page.tick();
    await waitFor('the pong', () => types.includes('pong'));
  });

  it('polls logs and figures, whose time of change it can read', async (test) => {
    const shown: [unknown[], { last_update: string }][] = [];
    const page = await openPage(test, polling, {
      updateUI: (logs: unknown[], telemetry: { last_update: string }) => shown.push([logs, telemetry]),
    });
    await page.tick();
    const [[logs = [], telemetry] = []] = shown;
    expect(logs.length).toBeGreaterThan(0);
    expect(new Date(telemetry?.last_update ?? '').toISOString()).toBe(telemetry?.last_update);
  });

  it('shows a diary of entries that say as little as they may', async (test) => {
    const [shown, figures]: [string[], object[]] = [[], []];
    const page = await openPage(test, `${listening}${diaryLine}`, {
      shown,
      updateLogs() {},
      updateTelemetry: (data: object) => figures.push(data),
    });
    await waitFor('its first frame', () => figures.length > 0);
    const entry = { entry_type: 'observation', content: 'x', id: 'entry-1' };
    await page.post('events', { type: 'persona_entry', data: entry });
    await page.post('events', {
      type: 'persona_entry',
      data: { ...entry, entry_id: 'e-2', emotion_tags: ['calm', 'curious'], related_goal_ids: ['g'] },
    });
    await page.post('llm', { llm_latency_ms: 12.5 });
    await waitFor('the last of it', () =>
      figures.some((data) => 'llm_latency_ms' in data && data.llm_latency_ms === 12.5),
    );
    expect(shown).toEqual(['entry-1||0', 'e-2|#calm #curious|1']);
  });
});
