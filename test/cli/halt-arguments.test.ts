import { describe, expect, it } from 'vitest';
import { readHaltArguments } from '../../src/cli/halt-arguments.ts';

describe('readHaltArguments', () => {
  it('knows the gateway of this machine, and takes the token from where nobody sees it', () => {
    expect(readHaltArguments('halt', [], { PORT: '3100', TELEMETRY_TOKEN: 'a.b.c\n' })).toEqual({
      command: 'HALT',
      base: new URL('http://127.0.0.1:3100/'),
      reason: undefined,
      token: 'a.b.c',
    });
    expect(
      readHaltArguments('resume', ['wss://host/bff/ws/stream', '--reason', 'r', '--token', 't'], {}),
    ).toEqual({ command: 'RESUME', base: new URL('https://host/bff/'), reason: 'r', token: 't' });
  });

  it.each([
    [['ftp://host'], /expected ws/],
    [['no url'], /Invalid URL/],
    [['http://a', 'http://b'], /takes one URL/],
    [['--reason'], /--reason/],
    [['--speed', '1'], /--speed/],
    [['--token', 'a b'], /--token.*JSON Web Token/],
  ])('refuses %j', (args, message) => {
    expect(readHaltArguments('halt', args, {})).toMatch(message);
  });
});
