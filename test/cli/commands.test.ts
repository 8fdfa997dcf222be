import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helpText, readCommandLine, readTailArguments } from '../../src/cli/commands.ts';

describe('readCommandLine', () => {
  it.each([
    [[], { do: 'serve' }],
    [['serve'], { do: 'serve' }],
    [['demo'], { do: 'demo' }],
    [['engine'], { do: 'engine' }],
    [['--help'], { do: 'help' }],
    [['-h'], { do: 'help' }],
    [['demo', '--help'], { do: 'help' }],
    [['nonsense', '--nonsense', '-h'], { do: 'help' }],
    [['--version'], { do: 'version' }],
    [['--help', '--version'], { do: 'help' }],
    [['--print-config'], { do: 'print-config' }],
    [['--print-config', 'demo'], { do: 'print-config' }],
    [['engine', '--print-config'], { do: 'print-config' }],
  ])('reads %j', (args, invocation) => expect(readCommandLine(args, {})).toEqual(invocation));

  it.each([
    [['start'], 'unknown command start'],
    [['toString'], 'unknown command toString'],
    [['__proto__'], 'unknown command __proto__'],
    [[''], 'unknown command '],
    [['serve', 'now', 'please'], 'serve takes no argument now please'],
    [['demo', 'demo'], 'demo takes no argument demo'],
    [['--port=3000'], 'unknown option --port=3000'],
    [['serve', '-v'], 'unknown option -v'],
    [['--print-config', '--json'], 'unknown option --json'],
    [['--'], 'unknown option --'],
    [['Serve'], 'unknown command Serve'],
  ])('refuses %j', (args, message) =>
    expect(readCommandLine(args, {})).toEqual({ do: 'refuse', message, exitCode: 64 }),
  );

  it.each([
    [['--token', 'x', 'halt'], 'unknown option --token'],
    [['--reason=drill', 'resume', 'http://gateway:3000'], 'unknown option --reason=drill'],
    [['serve', 'halt'], 'serve takes no argument halt'],
    [['halt', '--nonsense'], expect.stringContaining('--nonsense')],
  ])('refuses %j with the exit code that halt and resume have for a bad command line', (args, message) =>
    expect(readCommandLine(args, {})).toEqual({ do: 'refuse', message, exitCode: 2 }),
  );

  it('takes any command line without throwing', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (args) => {
        expect(readCommandLine(args, {})).toHaveProperty('do');
      }),
    );
  });
});

describe('helpText', () => {
  it.each(['serve', 'demo', 'engine', '--print-config', '--version', '--help', 'ENGINE_URL', 'CONFIG_FILE'])(
    'names %s',
    (word) => expect(helpText).toContain(word),
  );

  it('fits a terminal', () => {
    expect(Math.max(...helpText.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });
});

describe('readTailArguments', () => {
  it('takes a URL alone, with everything as the gateway has it by itself', () => {
    expect(readTailArguments(['ws://localhost:3000'])).toEqual({
      connect: { url: 'ws://localhost:3000', mode: 'full', encoding: 'json' },
      once: false,
      any: false,
    });
  });

  it('takes every option, before or behind the URL', () => {
    const line =
      '--mode delta wss://host/prefix --encoding=msgpack --interval 500 --sections market,logs --symbol QQQ --token a.b.c --once --any';
    expect(readTailArguments(line.split(' '))).toEqual({
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
  ])('says what is wrong with "%s"', (line, fault) => {
    expect(readTailArguments(line === '' ? [] : line.split(' '))).toMatch(fault);
  });

  it('takes any command line without throwing', () => {
    fc.assert(fc.property(fc.array(fc.string()), (args) => readTailArguments(args) !== undefined));
  });
});
