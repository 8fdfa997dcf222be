import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineSettings } from '../../src/config/dialect-settings.ts';
import { integer } from '../../src/config/kinds.ts';
import { Config } from '../../src/config/load.ts';
import { errorMessage } from '../../src/core/errors.ts';

const weather = defineSettings({
  name: 'weather',
  settings: { WEATHER_RATE_HZ: integer(1, 50).default(5), WEATHER_PLACE: z.string().optional() },
  faults: ({ WEATHER_PLACE, WEATHER_RATE_HZ, PORT }) =>
    WEATHER_PLACE === undefined && WEATHER_RATE_HZ > 5 && PORT !== 0
      ? ['WEATHER_RATE_HZ: too often for weather of no place']
      : [],
});
const tides = defineSettings({ name: 'tides', settings: { TIDES_COAST: z.string().default('west') } });
const config = new Config([weather, tides]);

const faultsOf = (env: Record<string, string>): string => {
  try {
    config.load({ env });
    return '';
  } catch (error) {
    return errorMessage(error);
  }
};

describe('The settings of dialects', () => {
  it('are read beside those of the core, with their defaults', () => {
    const { WEATHER_RATE_HZ, TIDES_COAST, PORT } = config.load({ env: { WEATHER_RATE_HZ: '7', PORT: '0' } });
    expect({ WEATHER_RATE_HZ, TIDES_COAST, PORT }).toEqual({
      WEATHER_RATE_HZ: 7,
      TIDES_COAST: 'west',
      PORT: 0,
    });
    expect(config.names).toEqual(
      expect.arrayContaining(['PORT', 'WEATHER_RATE_HZ', 'WEATHER_PLACE', 'TIDES_COAST']),
    );
  });

  it('come with the names that DIALECTS and AUTH_DIALECTS know', () => {
    const { DIALECTS, AUTH_DIALECTS } = config.load({ env: { AUTH_DIALECTS: 'tides' } });
    expect({ DIALECTS, AUTH_DIALECTS }).toEqual({ DIALECTS: ['weather', 'tides'], AUTH_DIALECTS: ['tides'] });
    expect(faultsOf({ DIALECTS: 'telemetry' })).toContain('expected a comma list of weather, tides');
  });

  it('are checked together, the faults in one message with all others', () => {
    expect(faultsOf({ WEATHER_RATE_HZ: '6' })).toContain(
      '  WEATHER_RATE_HZ: too often for weather of no place',
    );
    expect(faultsOf({ WEATHER_RATE_HZ: '99', PORT: 'many' }).split('\n')).toHaveLength(3);
  });

  it('leave none behind of a dialect that is not in the list', () => {
    expect(new Config([tides]).names.filter((name) => name.startsWith('WEATHER'))).toEqual([]);
  });

  it('are stated once: a name of the core, or of another dialect, is none for a dialect', () => {
    const usurper = defineSettings({ name: 'usurper', settings: { PORT: z.string() } });
    const copy = defineSettings({ name: 'copy', settings: { TIDES_COAST: z.string() } });
    expect(() => new Config([usurper])).toThrow('usurper states PORT, which is stated already');
    expect(() => new Config([tides, copy])).toThrow('copy states TIDES_COAST, which is stated already');
  });
});
