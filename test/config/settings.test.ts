import { describe, expect, it } from 'vitest';
import { printSettings } from '../../src/config/load.ts';
import { configFile, faultsOf, load } from './set-up.ts';

describe('Settings', () => {
  it('have the documented defaults', () => {
    expect(load({})).toEqual({
      PORT: 3000,
      HOST: '0.0.0.0',
      EXTRA_PORTS: [],
      MAX_RENDITIONS: 500,
      MAX_SYMBOLS: 100,
      COMPRESSION: 'shared',
      ENGINE_PASSTHROUGH: [],
      ENGINE_PASSTHROUGH_HEADERS: [],
      DIALECTS: ['telemetry', 'diagnostics', 'streams', 'metrics'],
      AUTH_DIALECTS: ['telemetry', 'diagnostics', 'streams', 'metrics'],
      METRICS_AUTH: false,
      PATH_ALIASES: [],
      ALLOW_COMMANDS: false,
      ALLOW_INGEST: false,
      REDIS_STATE_CHANNEL: 'state_update',
      POLL_CRON: '* * * * * *',
      POLL_TIMEOUT_MS: 900,
      MAX_RATE_HZ: 20,
      HISTORY_SECONDS: 600,
      HISTORY_MAX_BYTES: 64 * 1024 * 1024,
      ALLOWED_ORIGINS: '*',
      ALLOW_FRAMES: [],
      TRUST_PROXY: 0,
      MAX_CONNECTIONS: 20_000,
      MAX_CONNECTIONS_PER_IP: 100,
      SHUTDOWN_TIMEOUT_MS: 5000,
      LOG_LEVEL: 'info',
      ENGINE_PORT: 8000,
      sources: [],
    });
  });

  it.each([
    ['PORT', 0, 65_535],
    ['POLL_TIMEOUT_MS', 1, 600_000],
    ['MAX_RATE_HZ', 0, 1000],
    ['HISTORY_SECONDS', 0, 86_400],
    ['HISTORY_MAX_BYTES', 0, 8 * 1024 ** 3],
    ['MAX_RENDITIONS', 0, 100_000],
    ['MAX_SYMBOLS', 0, 100_000],
    ['TRUST_PROXY', 0, 32],
    ['MAX_CONNECTIONS', 0, 1_000_000],
    ['MAX_CONNECTIONS_PER_IP', 0, 1_000_000],
    ['SHUTDOWN_TIMEOUT_MS', 0, 600_000],
    ['ENGINE_PORT', 0, 65_535],
  ] as const)('take %s from %i to %i and nothing beside', (key, min, max) => {
    expect(load({ [key]: `${min}` })[key]).toBe(min);
    expect(load({ [key]: ` ${max} ` })[key]).toBe(max);
    const wrong = [
      `${min - 1}`,
      `${max + 1}`,
      '1.5',
      '1e3',
      '0x10',
      'many',
      ' ',
      '1 2',
      'NaN',
      'Infinity',
      'true',
    ];
    for (const value of wrong) {
      expect(faultsOf({ [key]: value })).toEqual([
        `${key}: expected a whole number from ${min} to ${max} (given: ${JSON.stringify(value)})`,
      ]);
    }
  });

  it('take other paths as a comma list, or as an array of a file', (test) => {
    const entries = ['/api/ws/stream=/ws/stream', '/logs/:name=/ws/instances/:name/logs'];
    expect(load({ PATH_ALIASES: entries.join(', ') }).PATH_ALIASES).toEqual(entries);
    const CONFIG_FILE = configFile(test, 'gateway.yaml', `PATH_ALIASES:\n  - ${entries.join('\n  - ')}\n`);
    expect(load({ CONFIG_FILE }).PATH_ALIASES).toEqual(entries);
    const map = configFile(test, 'map.yaml', 'PATH_ALIASES:\n  /api/ws/stream: /ws/stream\n');
    expect(faultsOf({ CONFIG_FILE: map })).toEqual([
      expect.stringContaining(
        'PATH_ALIASES: expected other paths for ours, such as /api/ws/stream=/ws/stream',
      ),
    ]);
    expect(faultsOf({ PATH_ALIAS: '/a=/b' })).toEqual([
      expect.stringContaining('did you mean PATH_ALIASES?'),
    ]);
  });

  it.each(['http://engine:8000', 'https://engine.example/api'])('take %s for ENGINE_URL', (url) => {
    expect(load({ ENGINE_URL: url }).ENGINE_URL).toBe(url);
  });

  it.each([
    ['ENGINE_URL', 'localhost:8000', 'scheme must be http: or https:'],
    ['ENGINE_URL', 'engine', 'not a URL'],
    ['ENGINE_URL', '//engine:8000', 'not a URL'],
    ['ENGINE_URL', 'ftp://engine', 'scheme must be http: or https:'],
    ['ENGINE_URL', 'http://', 'not a URL'],
    ['ENGINE_URL', 'http://engine:99999', 'not a URL'],
    ['REDIS_URL', 'localhost:6379', 'scheme must be redis: or rediss:'],
    ['REDIS_URL', 'http://localhost:6379', 'scheme must be redis: or rediss:'],
    ['REDIS_URL', '6379', 'not a URL'],
  ])('say of %s=%s what is wrong and what a good one looks like', (key, value, fault) => {
    const [line, ...others] = faultsOf({ [key]: value });
    expect(others).toEqual([]);
    expect(line).toMatch(new RegExp(`^${key}: `));
    expect(line).toContain(fault);
    expect(line).toMatch(/expected a URL such as (http|redis):\/\/localhost:\d+ \(given: ".+"\)$/);
  });

  it.each([
    ['http://user:s3cret@engine:8000', 'a user and password are not sent'],
    ['http://engine:8000/api?key=1', 'without a query'],
    ['http://engine:8000/#part', 'without a query'],
  ])('refuse what would not reach the engine of ENGINE_URL=%s', (value, fault) => {
    const [line, ...others] = faultsOf({ ENGINE_URL: value });
    expect(others).toEqual([]);
    expect(line).toContain(`ENGINE_URL: `);
    expect(line).toContain(fault);
    expect(line).not.toMatch(/s3cret|key=1/);
  });

  it.each([
    'Connection',
    'te',
    'authorization',
    'Cookie',
    'host',
    'content-length',
    'Referer',
    'x-http-method-override',
    'a b',
  ])('refuse ENGINE_PASSTHROUGH_HEADERS=x-tenant,%s', (name) => {
    const [line, ...others] = faultsOf({ ENGINE_PASSTHROUGH_HEADERS: `x-tenant,${name}` });
    expect(others).toEqual([]);
    expect(line).toMatch(/^ENGINE_PASSTHROUGH_HEADERS.*: .*(is never sent on: |expected names of headers)/);
    expect(load({ ENGINE_PASSTHROUGH_HEADERS: 'X-Tenant, x-desk' }).ENGINE_PASSTHROUGH_HEADERS).toEqual([
      'X-Tenant',
      'x-desk',
    ]);
  });

  it('refuse DIALECTS without a dialect', () => {
    expect(faultsOf({ DIALECTS: ',' })).toEqual([
      'DIALECTS: nothing would be served – expected a comma list of telemetry, diagnostics, streams, metrics (given: ",")',
    ]);
  });

  it.each(['61 * * * * *', 'each second', '* * *', '*/2 * * * *', '0 0 0 30 2 *'])(
    'refuse POLL_CRON=%s',
    (value) => {
      const [line] = faultsOf({ POLL_CRON: value });
      expect(line).toMatch(/^POLL_CRON: .+ – expected six fields, seconds first: \* \* \* \* \* \*/);
      expect(line).toContain(`(given: "${value}")`);
    },
  );

  it('read ALLOWED_ORIGINS as a list', () => {
    expect(load({ ALLOWED_ORIGINS: '*' }).ALLOWED_ORIGINS).toBe('*');
    const list = ['https://dash.example.com', 'http://localhost:5173'];
    expect(load({ ALLOWED_ORIGINS: list.join(' , ') }).ALLOWED_ORIGINS).toEqual(list);
  });

  it.each(['dash.example.com', 'https://dash.example.com/', 'https://a.example,*', 'null', 'https://*.com'])(
    'refuse ALLOWED_ORIGINS=%s',
    (value) => {
      const [line] = faultsOf({ ALLOWED_ORIGINS: value });
      expect(line).toMatch(/^ALLOWED_ORIGINS: ".*" .* – expected \*, or a list such as https:/);
    },
  );

  it('read ALLOW_FRAMES as a list, and refuse what no browser could compare with', () => {
    const list = ['https://portal.example.com', 'https://*.example.com'];
    expect(load({ ALLOW_FRAMES: list.join(',') }).ALLOW_FRAMES).toEqual(list);
    for (const value of ['*', 'portal.example.com', 'https://portal.example.com/', ',']) {
      const [line, ...others] = faultsOf({ ALLOW_FRAMES: `${value}` });
      expect(others).toEqual([]);
      expect(line).toMatch(/^ALLOW_FRAMES: .* – expected a list of origins such as https:/);
    }
  });

  it('take the documented log levels only', () => {
    for (const level of ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']) {
      expect(load({ LOG_LEVEL: level }).LOG_LEVEL).toBe(level);
    }
    expect(faultsOf({ LOG_LEVEL: 'verbose' })).toEqual([
      expect.stringMatching(/^LOG_LEVEL: .*"trace".*"silent".*\(given: "verbose"\)$/),
    ]);
  });

  it('can be printed and loaded again', () => {
    const settings = load({ PORT: '0', ALLOWED_ORIGINS: 'https://a.example', ENGINE_URL: 'http://e:1' });
    expect(JSON.parse(printSettings(settings))).toEqual(settings);
  });
});
