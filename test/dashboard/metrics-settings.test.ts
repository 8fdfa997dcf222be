import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatMetricsSettings,
  metricsIntervals,
  metricsRanges,
  readMetricsSettings,
} from '../../src/dashboard/model/metrics-settings.ts';

describe('The fragment of the address that asks for metrics', () => {
  it('brings back what was chosen', () => {
    const chosen = fc.record({
      hours: fc.constantFrom(...metricsRanges.map(({ hours }) => hours)),
      interval: fc.constantFrom(...metricsIntervals),
    });
    fc.assert(
      fc.property(chosen, (settings) => {
        expect(readMetricsSettings(formatMetricsSettings(settings))).toEqual(settings);
      }),
    );
  });

  it('is as short as can be', () => {
    expect(formatMetricsSettings({ hours: 24, interval: 2 })).toBe('#metrics');
    expect(formatMetricsSettings({ hours: 6, interval: 2 })).toBe('#metrics&hours=6');
  });

  it.each(['', '#metrics', '#metrics&hours=5&interval=0', '#metrics&hours=all&interval=', '#hours=1e9'])(
    'stands for the default where it names nothing on offer: %s',
    (hash) => {
      expect(readMetricsSettings(hash)).toEqual({ hours: 24, interval: 2 });
    },
  );
});
