import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';

/** What a process of its own writes: the logger goes straight to standard output. */
const program = `
  import { createLogger } from './src/observe/logger.ts';
  const log = createLogger({ level: 'info', pretty: false });
  log.debug({}, 'too low');
  log.info({ port: 3000 }, 'listening');
  log.warn({ token: 'hunter2', secret: 'hunter2', password: 'hunter2', cookie: 'hunter2' }, 'flat');
  log.warn({ headers: { authorization: 'hunter2', cookie: 'hunter2', host: 'kept' } }, 'one level down');
  log.error({ err: new Error('boom') }, 'failed');
  log.warn({ request: { headers: { authorization: 'hunter2' } } }, 'two levels down');
`;

describe('Logger', () => {
  let entries: readonly JsonObject[] = [];
  const entry = (message: string): JsonObject | undefined => entries.find(({ msg }) => msg === message);
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    );
    entries = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line))
      .filter(isJsonObject);
  });

  it('writes one JSON object a line, with level, time and message in words', () => {
    expect(entry('listening')).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      port: 3000,
      msg: 'listening',
    });
  });

  it('leaves out what is below its level', () => expect(entry('too low')).toBeUndefined());

  it('never writes a secret, at the top or below', () => {
    expect(entry('flat')).toMatchObject({
      token: '[redacted]',
      secret: '[redacted]',
      password: '[redacted]',
    });
    expect(entry('one level down')).toMatchObject({
      headers: { authorization: '[redacted]', cookie: '[redacted]', host: 'kept' },
    });
    expect(JSON.stringify([entry('flat'), entry('one level down')])).not.toContain('hunter2');
  });

  it('never writes a secret, wherever it stands', () => {
    expect(JSON.stringify(entry('two levels down'))).not.toContain('hunter2');
  });

  it('writes an error with its message and stack', () => {
    expect(entry('failed')).toMatchObject({
      level: 'error',
      err: { message: 'boom', stack: expect.any(String) },
    });
  });
});
