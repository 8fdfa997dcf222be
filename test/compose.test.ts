import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import { loadSettings, settingNames } from '../src/settings.ts';

const root = new URL('../', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, root), 'utf8');

/** Variables of a file as compose reads it. */
function variablesOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/).slice(0, 2)));
}

/** The services that `docker compose up` starts, as compose puts values in. @param shell variables of the shell */
function servicesUp(shell: Readonly<Record<string, string>> = {}): Map<string, JsonObject> {
  const variables: Readonly<Record<string, string>> = { ...variablesOf(read('.env')), ...shell };
  const text = read('docker-compose.yml').replaceAll(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, byDefault: string) => variables[name] || byDefault,
  );
  expect(text.replaceAll(/^\s*#.*$/gm, '')).not.toContain('$');
  const active = (variables.COMPOSE_PROFILES ?? '').split(',');
  return new Map(
    Object.entries(section(parse(text), 'services')).flatMap(([name, service]) => {
      const profiles = isJsonObject(service) ? service.profiles : undefined;
      const isActive = !Array.isArray(profiles) || profiles.some((one) => active.includes(String(one)));
      return isJsonObject(service) && isActive ? [[name, service] as const] : [];
    }),
  );
}

function section(value: JsonValue | undefined, name: string): JsonObject {
  const found = isJsonObject(value) ? value[name] : undefined;
  return isJsonObject(found) ? found : {};
}

const channelOf = (service: JsonObject | undefined): JsonValue =>
  section(service, 'environment').REDIS_STATE_CHANNEL ?? loadSettings({ env: {} }).REDIS_STATE_CHANNEL;

describe('docker compose up', () => {
  it('shows a demo as it is', () => {
    const services = servicesUp();
    expect([...services.keys()].toSorted()).toEqual(['engine', 'gateway', 'redis']);
    expect(section(services.get('gateway'), 'environment').ENGINE_URL).toBe('http://engine:8000');
    expect(channelOf(services.get('engine'))).toBe(channelOf(services.get('gateway')));
  });

  it('starts no demo engine without its profile', () => {
    const services = servicesUp({ COMPOSE_PROFILES: '', ENGINE_URL: 'http://real:8000' });
    expect([...services.keys()].toSorted()).toEqual(['gateway', 'redis']);
    expect(section(services.get('gateway'), 'environment').ENGINE_URL).toBe('http://real:8000');
  });

  it('starts none for the gateway, which needs Redis alone', () => {
    expect(Object.keys(section(servicesUp().get('gateway'), 'depends_on'))).toEqual(['redis']);
    expect(section(servicesUp().get('redis'), 'depends_on')).toEqual({});
  });

  it('keeps the prices of a demo engine apart from those of a real one that runs beside it', () => {
    const services = servicesUp({ ENGINE_URL: 'http://real:8000' });
    expect(channelOf(services.get('engine'))).not.toBe(channelOf(services.get('gateway')));
  });

  it('opens ports to this machine only', () => {
    const ports = [...servicesUp().values()].flatMap(({ ports = [] }) => ports);
    expect(ports).toEqual(['127.0.0.1:3000:3000']);
  });

  it('gives settings that there are', () => {
    for (const [name, service] of servicesUp()) {
      const given = Object.keys(section(service, 'environment'));
      expect(
        given.filter((setting) => !settingNames.includes(setting)),
        name,
      ).toEqual([]);
    }
  });

  it('reads a file .env that is in the repository, and not in the image', () => {
    expect(variablesOf(read('.env'))).toEqual({ COMPOSE_PROFILES: 'demo' });
    const ignored = (): string =>
      execFileSync('git', ['check-ignore', '.env'], { cwd: fileURLToPath(root), stdio: 'pipe' }).toString();
    // Its exit code is 1 where the file is not ignored.
    expect(ignored).toThrow();
    expect(read('.dockerignore').split('\n')).toContain('*');
    expect(read('.dockerignore')).not.toContain('.env');
  });
});
