import { describe, expect, it } from 'vitest';
import { metricTable } from '../../src/core/meter.ts';

const metrics = Object.entries(metricTable);

describe('metric table', () => {
  it('holds the names and labels that dashboards and alerts rely on', () => {
    const written = metrics.map(([name, { labels }]) =>
      labels.length > 0 ? `${name}{${labels.join()}}` : name,
    );
    expect(written.sort()).toEqual([
      'bff_arbitrated_total',
      'bff_bytes_total{dialect}',
      'bff_clients{dialect}',
      'bff_connections_total{dialect}',
      'bff_dropped_total{dialect}',
      'bff_encode_seconds',
      'bff_event_latency_seconds',
      'bff_events_total{channel}',
      'bff_fanout_seconds',
      'bff_packets_total{dialect,type}',
      'bff_rejected_total{edge,reason}',
      'bff_renditions',
      'bff_send_failures_total{dialect}',
      'bff_skipped_total{dialect}',
      'bff_source_failures_total{source,reason}',
      'bff_source_latency_seconds{source}',
      'bff_source_up{source}',
    ]);
  });

  it.each(metrics)('%s is named after its type, as Prometheus asks', (name, { type, help }) => {
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name.endsWith('_seconds')).toBe(type === 'histogram');
    expect(help.length).toBeGreaterThan(10);
  });
});
