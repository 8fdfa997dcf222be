import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSettings, unknownSettings } from '../../src/settings.ts';
import { configFile, faultsOf, load } from './set-up.ts';

const secret = 's'.repeat(32);

describe('Settings in files', () => {
  it.for([
    ['AUTH_JWT_SECRET', secret],
    ['ENGINE_TOKEN', 'engine-token'],
    ['PORT', '4000'],
  ] as const)('are read by their name and _FILE, a line break at the end cut: %s', ([name, value], test) => {
    for (const end of ['', '\n', '\r\n']) {
      const path = configFile(test, 'secret', `${value}${end}`);
      expect(String(load({ [`${name}_FILE`]: path })[name])).toBe(value);
      expect(String(load({ [name]: `${value}${end}` })[name])).toBe(value);
    }
  });

  it('may be named in the config file, over which the environment wins', (test) => {
    const path = configFile(test, 'secret', secret);
    const CONFIG_FILE = configFile(test, 'c.json', JSON.stringify({ AUTH_JWT_SECRET_FILE: path }));
    expect(load({ CONFIG_FILE }).AUTH_JWT_SECRET).toBe(secret);
    const another = 'a'.repeat(32);
    expect(load({ CONFIG_FILE, AUTH_JWT_SECRET: another }).AUTH_JWT_SECRET).toBe(another);
    writeFileSync(CONFIG_FILE, JSON.stringify({ AUTH_JWT_SECRET_FILE: path, AUTH_JWT_SECRET: another }));
    expect(faultsOf({ CONFIG_FILE })).toEqual([expect.stringMatching(/^AUTH_JWT_SECRET, .*both are set/)]);
  });

  it('never leave the gateway open where they cannot be read', (test) => {
    const empty = configFile(test, 'empty', '\n');
    expect(faultsOf({ AUTH_JWT_SECRET_FILE: '/nowhere' })[0]).toMatch(
      /^AUTH_JWT_SECRET_FILE: cannot read the file: ENOENT/,
    );
    expect(faultsOf({ AUTH_JWT_SECRET_FILE: '/' })[0]).toMatch(
      /^AUTH_JWT_SECRET_FILE: cannot read the file: EISDIR/,
    );
    expect(faultsOf({ AUTH_JWT_SECRET_FILE: empty })[0]).toMatch(/the file is empty/);
    expect(faultsOf({ AUTH_JWT_SECRET_FILE: empty, AUTH_JWT_SECRET: secret })[0]).toMatch(/both are set/);
    expect(faultsOf({ ENGINE_URL_FILE: '/nowhere' }, { ENGINE_URL: 'needed' })).toHaveLength(1);
  });

  it('are shown by their content where that is at fault, but for secrets', (test) => {
    const path = configFile(test, 'port', 'x\n');
    expect(faultsOf({ PORT_FILE: path })[0]).toContain('(given: "x")');
    expect(
      faultsOf({ ENGINE_TOKEN_FILE: configFile(test, 'token', 'hunter2 hunter2\n') }).join(),
    ).not.toContain('hunter2');
  });
});

describe('Settings of the config file', () => {
  it('may be blocks, whose line break at the end is cut', (test) => {
    const CONFIG_FILE = configFile(
      test,
      'c.yaml',
      `AUTH_JWT_SECRET: |\n  ${secret}\nENGINE_TOKEN: |\n  token\n`,
    );
    expect(load({ CONFIG_FILE })).toMatchObject({ AUTH_JWT_SECRET: secret, ENGINE_TOKEN: 'token' });
  });
});

describe('A secret in the place of a path', () => {
  it('is not printed', () => {
    const faults = faultsOf({
      AUTH_JWT_SECRET_FILE: 'hunter2hunter2',
      ENGINE_TOKEN_FILE: '/run/secrets/none',
    });
    expect(faults.join()).not.toContain('hunter2');
    expect(faults[1] ?? faults[0]).toContain(
      'AUTH_JWT_SECRET_FILE: cannot read the file: ENOENT (given: [redacted])',
    );
    expect(faults.join()).toContain('(given: "/run/secrets/none")');
  });
});

describe('A token for the engine', () => {
  it.each(['two words', 'line\nbreak', 'Größe', 'tab\t', ' ', '\u0000'])('may not be %j', (ENGINE_TOKEN) => {
    expect(faultsOf({ ENGINE_TOKEN })[0]).toMatch(/^ENGINE_TOKEN: expected a token without spaces/);
  });
});

describe('Names that are no setting', () => {
  it.each([
    ['AUTH_JWT_SECRT', 'AUTH_JWT_SECRET'],
    ['AUTH_SECRET', 'AUTH_ISSUER'],
    ['AUTH_JWT_SECRET_FIL', 'AUTH_JWT_SECRET_FILE'],
    ['ALLOWED_ORIGIN', 'ALLOWED_ORIGINS'],
    ['ALLOW_COMMAND', 'ALLOW_COMMANDS'],
    ['ENGINE_TOKENS', 'ENGINE_TOKEN'],
    ['MAX_CONECTIONS', 'MAX_CONNECTIONS'],
    ['REDIS_STATE_CHANEL', 'REDIS_STATE_CHANNEL'],
  ])('and nearly one, such as %s, are refused: did you mean %s', (name, meant) => {
    const [fault] = faultsOf({ [name]: 'x' });
    expect(fault).toMatch(new RegExp(`^${name}: no such setting – did you mean `));
    if (!name.startsWith('AUTH_SECRET')) expect(fault).toContain(`did you mean ${meant}?`);
  });

  it.each([
    'HOME',
    'HOSTS',
    'PORTS',
    'REDIS_SERVICE_HOST',
    'REDIS_PORT',
    'REDIS_PORT_6379_TCP_ADDR',
    'ENGINE_SERVICE_PORT',
    'ENGINE_PORT_8000_TCP',
    'TELEMETRY_BFF_PORT',
    'LOGNAME',
    'npm_config_engine',
  ])('and somebody else’s, such as %s, are left alone', (name) => {
    expect(load({ [name]: 'tcp://10.0.0.1:80' })).toEqual(load({}));
    expect(unknownSettings({ env: { [name]: 'x' } })).toEqual([]);
  });

  it.each(['LOG_FORMAT', 'REDIS_PASSWORD', 'STATE_DIRECTORY', 'MAX_HEAP'])(
    'and begin like one, such as %s, are told of',
    (name) => {
      expect(load({ [name]: 'x' })).toEqual(load({}));
      expect(unknownSettings({ env: { [name]: 'x' } })).toEqual([name]);
    },
  );
});

describe('What Kubernetes says of a service called engine or ops', () => {
  it.each(['ENGINE_PORT', 'OPS_PORT'])('counts as unset: %s', (name) => {
    expect(load({ [name]: 'tcp://10.0.0.1:8000' })).toEqual(load({}));
    expect(faultsOf({ [name]: 'udp' })[0]).toContain(name);
  });
});

describe('Settings of another command', () => {
  it('are not read', () => {
    const unread = new Set(['ENGINE_PORT']);
    expect(loadSettings({ env: { ENGINE_PORT: 'x' }, unread }).ENGINE_PORT).toBe(8000);
    expect(unknownSettings({ env: { ENGINE_PORT: 'x' }, unread })).toEqual([]);
  });
});
