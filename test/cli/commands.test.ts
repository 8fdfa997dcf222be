import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helpText, readCommandLine, refuse } from '../../src/cli/commands.ts';

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
    [['health'], { do: 'health', of: 'serve' }],
    [['health', 'engine'], { do: 'health', of: 'engine' }],
    [['tail', 'ws://host', '--once'], { do: 'tail', args: ['ws://host', '--once'] }],
    [['halt'], { do: 'halt', args: [] }],
    [['resume', '--reason', 'r'], { do: 'resume', args: ['--reason', 'r'] }],
    [['halt', '--reason', 'r', '--help'], { do: 'help' }],
  ])('reads %j', (args, invocation) => expect(readCommandLine(args)).toEqual(invocation));

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
    [['health', 'agent'], 'health takes "engine" or nothing, not agent'],
    [['health', '--json'], 'unknown option --json'],
    [['health', '--print-config'], 'unknown command health'],
  ])('refuses %j', (args, message) =>
    expect(readCommandLine(args)).toEqual({ do: 'refuse', message, exitCode: 64 }),
  );

  it.each([
    [['--token', 'x', 'halt'], 'unknown option --token'],
    [['--reason=drill', 'resume', 'http://gateway:3000'], 'unknown option --reason=drill'],
    [['serve', 'halt'], 'serve takes no argument halt'],
  ])('refuses %j with the exit code that halt and resume have for a bad command line', (args, message) =>
    expect(readCommandLine(args)).toEqual({ do: 'refuse', message, exitCode: 2 }),
  );

  it('leaves the exit code of a tail that cannot be understood alone', () => {
    expect(refuse('takes one URL', ['tail', 'halt', 'resume']).exitCode).toBe(64);
    expect(refuse('takes one URL', ['halt', 'a', 'b']).exitCode).toBe(2);
  });

  it('takes any command line without throwing', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (args) => {
        expect(readCommandLine(args)).toHaveProperty('do');
      }),
    );
  });
});

describe('helpText', () => {
  it.each([
    'serve',
    'demo',
    'engine',
    'health',
    'TELEMETRY_TOKEN',
    '--json',
    '--print-config',
    '--version',
    '--help',
    'ENGINE_URL',
    'CONFIG_FILE',
  ])('names %s', (word) => expect(helpText).toContain(word));

  it('fits a terminal', () => {
    expect(Math.max(...helpText.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110);
  });
});
