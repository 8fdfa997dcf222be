import { describe, expect, it } from 'vitest';
import { fullPacketBytes, RateMeter } from '../../src/dashboard/model/rates.ts';

describe('RateMeter', () => {
  it('averages over five seconds, and says what was saved', () => {
    const meter = new RateMeter();
    const stats = { bytes: 0, full: 1, deltas: 0 };
    for (let second = 0; second <= 20; second += 1) {
      const sample = { at: second * 1000, stats: { ...stats, bytes: second * 400, deltas: second * 4 } };
      const rates = meter.read(sample, 1000);
      if (second < 5) continue;
      expect(rates).toEqual({ updatesPerSecond: 4, bytesPerSecond: 400, saved: 0.9 });
    }
  });

  it('saves nothing while nothing comes, and never less than nothing', () => {
    const meter = new RateMeter();
    expect(meter.read({ at: 0, stats: { bytes: 0, full: 0, deltas: 0 } }, 100).saved).toBeUndefined();
    expect(meter.read({ at: 1000, stats: { bytes: 900, full: 1, deltas: 0 } }, 100).saved).toBe(0);
  });

  it('counts a whole packet in bytes of UTF-8', () => {
    expect(fullPacketBytes({ regime: 'Lévy' }, 7)).toBe(
      Buffer.byteLength('{"type":"TELEMETRY","seq":7,"data":{"regime":"Lévy"}}'),
    );
  });
});
