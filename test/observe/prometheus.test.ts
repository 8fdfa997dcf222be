import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { metricTable } from '../../src/core/meter.ts';
import { addEventLoopLag, PrometheusMeter } from '../../src/observe/prometheus.ts';
import { waitFor } from '../support/wait.ts';

const documented: Readonly<Record<string, readonly string[]>> = {
  bff_clients: ['dialect'],
  bff_packets_total: ['dialect', 'type'],
  bff_bytes_total: ['dialect'],
  bff_skipped_total: ['dialect'],
  bff_dropped_total: ['dialect'],
  bff_encode_seconds: [],
  bff_fanout_seconds: [],
  bff_events_total: ['channel'],
  bff_event_latency_seconds: [],
  bff_source_up: ['source'],
  bff_source_latency_seconds: ['source'],
  bff_source_failures_total: ['source', 'reason'],
  bff_renditions: [],
  bff_rejected_total: ['edge', 'reason'],
  bff_arbitrated_total: [],
  bff_connections_total: ['dialect'],
  bff_send_failures_total: ['dialect'],
};

describe('PrometheusMeter', () => {
  it('has exactly the documented metrics, with their labels', () => {
    const labels = Object.entries(metricTable).map(([name, metric]) => [name, [...metric.labels].sort()]);
    const expected = Object.entries(documented).map(([name, names]) => [name, [...names].sort()]);
    expect(Object.fromEntries(labels)).toEqual(Object.fromEntries(expected));
  });

  it('names each with help and type, and those of the process and its event loop too', async () => {
    const text = await new PrometheusMeter().text();
    for (const [name, { type, help }] of Object.entries(metricTable)) {
      expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`);
    }
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    expect(text).toMatch(/^process_resident_memory_bytes /m);
    expect(text).toMatch(/^nodejs_eventloop_lag_/m);
  });

  it('counts open files, and leaves out what goes through every connection', async () => {
    const text = await new PrometheusMeter().text();
    expect(text).not.toMatch(/^nodejs_active_(handles|resources)/m);
    if (process.platform === 'linux') expect(text).toMatch(/^process_open_fds [1-9]\d*$/m);
  });

  it('counts, sets and observes', async () => {
    const meter = new PrometheusMeter();
    meter.count('bff_rejected_total', { edge: 'event', reason: 'shape' });
    meter.count('bff_rejected_total', { edge: 'event', reason: 'shape' }, 4);
    meter.count('bff_arbitrated_total', {}, 3);
    meter.gauge('bff_clients', { dialect: 'telemetry' }, 7);
    meter.gauge('bff_clients', { dialect: 'telemetry' }, 2);
    meter.observe('bff_fanout_seconds', {}, 0.003);
    meter.observe('bff_source_latency_seconds', { source: 'state' }, 99);
    const lines = (await meter.text()).split('\n');
    expect(lines).toContain('bff_rejected_total{edge="event",reason="shape"} 5');
    expect(lines).toContain('bff_arbitrated_total 3');
    expect(lines).toContain('bff_clients{dialect="telemetry"} 2');
    expect(lines).toContain('bff_fanout_seconds_bucket{le="0.0025"} 0');
    expect(lines).toContain('bff_fanout_seconds_bucket{le="0.005"} 1');
    expect(lines).toContain('bff_source_latency_seconds_bucket{le="5",source="state"} 0');
    expect(lines).toContain('bff_source_latency_seconds_bucket{le="+Inf",source="state"} 1');
  });

  it('takes away the series that is forgotten, and no other', async () => {
    const meter = new PrometheusMeter();
    for (const source of ['state', 'instances']) meter.gauge('bff_source_up', { source }, 1);
    meter.forget('bff_source_up', { source: 'instances' });
    meter.forget('bff_source_up', { source: 'never set' });
    const lines = (await meter.text()).split('\n').filter((line) => line.startsWith('bff_source_up{'));
    expect(lines).toEqual(['bff_source_up{source="state"} 1']);
  });

  it('keeps two gateways in one process apart', async () => {
    const [one, other] = [new PrometheusMeter(), new PrometheusMeter()];
    one.count('bff_arbitrated_total', {});
    expect(await one.text()).toContain('bff_arbitrated_total 1');
    expect(await other.text()).toContain('bff_arbitrated_total 0');
  });

  it('speaks the text format', () => {
    expect(new PrometheusMeter().contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });
});

const block = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

function setUp() {
  const registry = new Registry();
  addEventLoopLag(registry);
  const read = async () => {
    const lines = (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
    return Object.fromEntries(
      lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]),
    );
  };
  return read;
}

describe('Event-loop lag', () => {
  it('is how late the loop was, without the time between two looks at it', async () => {
    const read = setUp();
    await read();
    await waitFor('a quiet time', async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const { nodejs_eventloop_lag_min_seconds: least = 1 } = await read();
      return least < 0.01;
    });
  });

  it('is seen where the loop is held up', async () => {
    const read = setUp();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await read();
    await new Promise((resolve) => setTimeout(resolve, 50));
    block(300);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { nodejs_eventloop_lag_max_seconds: most = 0 } = await read();
    expect(most).toBeGreaterThan(0.2);
  });
});
