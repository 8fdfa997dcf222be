import { describe, expect, it } from 'vitest';
import { printSettings } from '../../src/config/load.ts';
import { configFile, load, messageOf } from './set-up.ts';

const secret = 'hunter2';

describe('Secrets', () => {
  it('are not in the settings as printed', () => {
    const text = printSettings(
      load({
        ENGINE_TOKEN: secret,
        REDIS_URL: `redis://:${secret}@redis:6379/0?password=${secret}`,
      }),
    );
    expect(text).not.toContain(secret);
    expect(JSON.parse(text)).toMatchObject({
      ENGINE_TOKEN: '[redacted]',
      REDIS_URL: 'redis://[redacted]@redis:6379/0',
    });
  });

  it.each([
    `redis://:p@${secret}@redis:6379`,
    `redis://user:${secret}@@redis:6379`,
    `redis://redis:6379/0?password=${secret}\n`,
    `redis://redis:6379/0?a=\n${secret}`,
    `redis://redis:6379/0?a=${secret}?${secret}`,
    `  redis://:${secret}@redis:6379`,
    `redis:user:${secret}@redis:6379`,
  ])('are not in a URL as printed: %j', (url) => {
    expect(printSettings(load({ REDIS_URL: url }))).not.toContain(secret);
  });

  it.each([
    `user:${secret}@redis:6379`,
    `redis://:${secret}@redis:port`,
    `redis://:pa/${secret}@redis:6379`,
    `redis://:${secret}/x@redis:6379`,
    `redis://redis:port?password=${secret}`,
    `redis://redis:port?password=${secret}\n`,
    `//:${secret}@redis`,
    `http://:${secret}@redis:6379`,
    `:${secret}@redis`,
  ])('are not in what is said of a bad URL: %j', (url) => {
    expect(messageOf({ REDIS_URL: url })).not.toContain(secret);
  });

  it.for([
    ['c.yaml', `ENGINE_TOKEN: [${secret}]`],
    ['c.yaml', `ENGINE_TOKEN: {value: ${secret}}`],
    ['c.yaml', `REDIS_URL: {url: "redis://:${secret}@redis"}`],
    ['c.yaml', `REDIS_URL: ["redis://:${secret}@redis"]`],
    ['c.yaml', `ENGINE_TOKEN: "${secret}`],
    ['c.yaml', `ENGINE_TOKEN: ${secret}\nENGINE_TOKEN: ${secret}`],
    ['c.yaml', `  ENGINE_TOKEN: ${secret}\nPORT: 1`],
    ['c.json', `{"ENGINE_TOKEN": ${secret}}`],
    ['c.json', `{"ENGINE_TOKEN": "${secret}",,}`],
  ] as const)('are not in what is said of a bad file: %s with %j', ([name, text], test) => {
    const path = configFile(test, name, text);
    const message = messageOf({ CONFIG_FILE: path });
    expect(message).not.toContain(secret);
  });

  it('are not in the message about another fault', () => {
    const message = messageOf({ ENGINE_TOKEN: secret, REDIS_URL: `redis://:${secret}@r`, PORT: 'x' });
    expect(message).not.toContain(secret);
    expect(message).toContain('PORT');
  });
});
