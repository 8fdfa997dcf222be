import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTailArguments } from '../../src/cli/tail-arguments.ts';

describe('readTailArguments', () => {
  it('takes a URL alone, with everything as the gateway has it by itself', () => {
    expect(readTailArguments(['ws://localhost:3000'])).toEqual({
      url: 'ws://localhost:3000',
      mode: 'full',
      encoding: 'json',
      interval: undefined,
      sections: undefined,
      symbol: undefined,
      token: undefined,
      once: false,
    });
  });

  it('takes every option, before or behind the URL', () => {
    const line =
      '--mode delta wss://host/prefix --encoding=msgpack --interval 500 --sections market,logs --symbol QQQ --token a.b.c --once';
    expect(readTailArguments(line.split(' '))).toEqual({
      url: 'wss://host/prefix',
      mode: 'delta',
      encoding: 'msgpack',
      interval: 500,
      sections: ['market', 'logs'],
      symbol: 'QQQ',
      token: 'a.b.c',
      once: true,
    });
  });

  it('takes the address of the endpoint as well as that of the gateway', () => {
    expect(readTailArguments(['ws://host/a/ws/stream'])).toMatchObject({ url: 'ws://host/a' });
  });

  it.each([
    ['', /needs a URL/],
    ['localhost:3000', /no URL that begins with ws:/],
    ['file:///etc/passwd', /no URL that begins with ws:/],
    ['ws://a ws://b', /takes one URL, not also ws:\/\/b/],
    ['ws://a/?mode=delta', /options go behind it/],
    ['ws://a --mode fast', /--mode fast: expected full or delta/],
    ['ws://a --encoding xml', /--encoding xml: expected json or msgpack/],
    ['ws://a --interval soon', /--interval soon: expected milliseconds/],
    ['ws://a --interval 60001', /--interval 60001/],
    ['ws://a --colour', /--colour/],
  ])('says what is wrong with "%s"', (line, fault) => {
    expect(readTailArguments(line === '' ? [] : line.split(' '))).toMatch(fault);
  });

  it('takes any command line without throwing', () => {
    fc.assert(fc.property(fc.array(fc.string()), (args) => readTailArguments(args) !== undefined));
  });
});
