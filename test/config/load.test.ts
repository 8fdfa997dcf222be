import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { configFile, faultsOf, load, messageOf } from './set-up.ts';

describe('loadSettings', () => {
  it('tells all faults in one message, each by name, with what was given and what is allowed', () => {
    const env = { PORT: '70000', LOG_LEVEL: 'loud', POLL_CRON: 'x', ENGINE_URL: 'engine', MAX_RATE_HZ: '-1' };
    const faults = faultsOf(env);
    expect(faults.map((line) => line.split(':')[0]).sort()).toEqual(Object.keys(env).sort());
    for (const [key, value] of Object.entries(env)) {
      expect(faults.find((line) => line.startsWith(key))).toContain(`(given: "${value}")`);
    }
    expect(messageOf(env)).toMatch(/^telemetry-bff cannot start: settings are not valid\n/);
    expect(messageOf({ PORT: 'x' })).toMatch(/^telemetry-bff cannot start: a setting is not valid\n/);
  });

  it('ends with the exit code of a configuration fault', () => expect(ConfigError.exitCode).toBe(78));

  it('says what a command cannot do without, beside the other faults', () => {
    const required = { ENGINE_URL: 'the engine to poll' };
    for (const env of [{}, { ENGINE_URL: '' }]) {
      expect(faultsOf({ ...env, PORT: 'x' }, required)).toEqual([
        expect.stringMatching(/^PORT: /),
        'ENGINE_URL: not set – the engine to poll',
      ]);
    }
    expect(load({ ENGINE_URL: 'http://e' }, required).ENGINE_URL).toBe('http://e');
  });

  it('takes an empty variable for one that is not set', () => {
    const empty = {
      PORT: '',
      HOST: '',
      LOG_LEVEL: '',
      ENGINE_TOKEN: '',
      ALLOWED_ORIGINS: '',
      CONFIG_FILE: '',
    };
    expect(load(empty)).toEqual(load({}));
  });

  it('leaves variables alone that are not its own', () => {
    expect(load({ PATH: '/bin', PORTS: 'x', port: 'x', sources: 'x' })).toEqual(load({}));
  });

  it.for([
    ['config.json', '{"PORT":4000,"LOG_LEVEL":"debug","ALLOWED_ORIGINS":["https://a.example"]}'],
    ['config.yaml', 'PORT: 4000\nLOG_LEVEL: debug\nALLOWED_ORIGINS:\n  - https://a.example\n'],
    ['config.yml', '# flow style\n{PORT: 4000, LOG_LEVEL: debug, ALLOWED_ORIGINS: "https://a.example"}'],
    ['config', 'PORT: "4000"\nLOG_LEVEL: debug\nALLOWED_ORIGINS: https://a.example\n'],
  ] as const)('reads %s, and lets the environment win', ([name, text], test) => {
    const path = configFile(test, name, text);
    expect(load({ CONFIG_FILE: path })).toMatchObject({
      PORT: 4000,
      LOG_LEVEL: 'debug',
      ALLOWED_ORIGINS: ['https://a.example'],
    });
    expect(load({ CONFIG_FILE: path, PORT: '5000', LOG_LEVEL: '' })).toMatchObject({
      PORT: 5000,
      LOG_LEVEL: 'debug',
    });
  });

  it('says which faults are in the file', (test) => {
    const path = configFile(test, 'c.yaml', 'PORT: 70000\nMAX_RATE_HZ: fast\nHOST: 5\nPOLL_CRON:\n');
    const faults = faultsOf({ CONFIG_FILE: path, MAX_RATE_HZ: 'x' });
    expect(faults).toContain(
      'PORT: expected a whole number from 0 to 65535 (given: 70000) in the config file',
    );
    expect(faults).toContain('MAX_RATE_HZ: expected a whole number from 0 to 1000 (given: "x")');
    expect(faults.find((line) => line.startsWith('HOST'))).toMatch(/expected string.*\(given: 5\)/);
    expect(faults.find((line) => line.startsWith('POLL_CRON'))).toMatch(
      /\(given: null\) in the config file$/,
    );
  });

  it('refuses keys that it does not know, and names the one that was meant', (test) => {
    const path = configFile(
      test,
      'c.yaml',
      'port: 1\nredis-url: x\nEngineUrl: y\nSources: []\nCOLOUR: red\n',
    );
    expect(faultsOf({ CONFIG_FILE: path })).toEqual([
      'port: no such setting – did you mean PORT?',
      'redis-url: no such setting – did you mean REDIS_URL?',
      'EngineUrl: no such setting – did you mean ENGINE_URL?',
      'Sources: no such setting – did you mean sources?',
      'COLOUR: no such setting',
    ]);
  });

  it('says what a value of the wrong type should have been', (test) => {
    const path = configFile(test, 'c.json', '{"ALLOWED_ORIGINS":5}');
    expect(faultsOf({ CONFIG_FILE: path })).toEqual([
      expect.stringMatching(/^ALLOWED_ORIGINS: .*https:\/\/.*\(given: 5\) in the config file$/),
    ]);
  });

  it.for([
    ['c.json', '[1]'],
    ['c.json', 'null'],
    ['c.yaml', 'just text'],
    ['c.yaml', ''],
  ] as const)('refuses %s with %j, which is no map', ([name, text], test) => {
    const path = configFile(test, name, text);
    expect(faultsOf({ CONFIG_FILE: path })).toEqual([`CONFIG_FILE: ${path} does not hold a map of settings`]);
  });

  it('says so where the file cannot be read or parsed', (test) => {
    expect(faultsOf({ CONFIG_FILE: '/no/such/file' })[0]).toMatch(
      /^CONFIG_FILE: cannot read \/no\/such\/file/,
    );
    const path = configFile(test, 'c.json', '{"PORT":');
    expect(faultsOf({ CONFIG_FILE: path })[0]).toMatch(/^CONFIG_FILE: cannot read .*c\.json/);
  });
});
