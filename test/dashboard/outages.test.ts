import { describe, expect, it } from 'vitest';
import type { Sources } from '../../src/client/index.ts';
import { Outages } from '../../src/dashboard/model/knowledge.ts';

describe('Outages', () => {
  const sources = (status: 'fresh' | 'stale' | 'down', since = ''): Sources => ({ state: { status, since } });

  it('run from the first doubt on, also when stale becomes down', () => {
    const outages = new Outages();
    outages.take(sources('fresh'), 1000);
    outages.take(sources('stale', new Date(5_000_000).toISOString()), 2000);
    outages.take(sources('down', new Date(6_000_000).toISOString()), 9000);
    expect(outages.since('state')).toBe(2000);
    outages.take(sources('fresh'), 10_000);
    expect(outages.since('state')).toBeUndefined();
  });

  it('that began before the page began when the gateway says, and not in the future', () => {
    const began = (sinceMs: number) => {
      const outages = new Outages();
      outages.take(sources('down', new Date(sinceMs).toISOString()), 9000);
      return outages.since('state');
    };
    expect([began(3000), began(99_000)]).toEqual([3000, 9000]);
  });
});
