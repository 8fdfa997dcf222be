import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTailArguments } from '../../src/cli/tail-arguments.ts';

describe('readTailArguments', () => {
  it('takes a URL alone, with everything as the gateway has it by itself', () => {
    expect(readTailArguments(['ws://localhost:3000'], {})).toEqual({
      connect: { url: 'ws://localhost:3000', mode: 'full', encoding: 'json' },
      once: false,
      any: false,
      json: false,
    });
  });

  it('takes every option, before or behind the URL', () => {
    const line =
      '--mode delta wss://host/prefix --encoding=msgpack --interval 500 --sections market,logs --symbol QQQ --token a.b.c --once --any --json';
    expect(readTailArguments(line.split(' '), {})).toEqual({
      connect: {
        url: 'wss://host/prefix',
        mode: 'delta',
        encoding: 'msgpack',
        interval: 500,
        sections: ['market', 'logs'],
        symbol: 'QQQ',
        token: 'a.b.c',
      },
      once: true,
      any: true,
      json: true,
    });
  });

  it.each([
    ['', /needs a URL/],
    ['localhost:3000', /^url: expected ws/],
    ['gateway', /Invalid URL/],
    ['file:///etc/passwd', /^url: expected ws/],
    ['ws://a ws://b', /takes one URL, not also ws:\/\/b/],
    ['ws://a/?mode=delta', /^url: .* no query/],
    ['ws://a --mode fast', /--mode fast: expected full or delta/],
    ['ws://a --encoding xml', /--encoding xml: expected json or msgpack/],
    ['ws://a --interval soon', /^interval: 0 to 60000 ms/],
    ['ws://a --interval 60001', /^interval: 0 to 60000 ms/],
    ['ws://a --sections ,', /^sections: at least one/],
    ['ws://a --colour', /--colour/],
    ['ws://a --any', /--any goes with --once/],
    ['ws://a --token a\tb', /--token \(or TELEMETRY_TOKEN\): expected a JSON Web Token/],
  ])('says what is wrong with "%s"', (line, fault) => {
    expect(readTailArguments(line === '' ? [] : line.split(' '), {})).toMatch(fault);
  });

  it('takes the token from where nobody sees it, if none is given', () => {
    const env = { TELEMETRY_TOKEN: 'a.b.c\n' };
    expect(readTailArguments(['ws://a'], env)).toMatchObject({ connect: { token: 'a.b.c' } });
    expect(readTailArguments(['ws://a', '--token', 'd.e.f'], env)).toMatchObject({
      connect: { token: 'd.e.f' },
    });
    expect(readTailArguments(['ws://a'], { TELEMETRY_TOKEN: '' })).not.toHaveProperty('connect.token');
  });

  it('takes any command line without throwing', () => {
    fc.assert(fc.property(fc.array(fc.string()), (args) => readTailArguments(args, {}) !== undefined));
  });
});
