import { describe, expect, it } from 'vitest';
import { inColour, plain, tailLine } from '../../src/cli/tail-line.ts';

const nasty = '\u001b]0;owned\u0007\u001b[2J\u009b1m\u202ex\r\n';

describe('tailLine, of what an engine or a gateway says to the terminal,', () => {
  const document = {
    status: `ACTIVE${nasty}`,
    market: { symbol: `SPY${nasty}`, price: 1 },
    portfolio: { daily_pnl: 1 },
    sources: {
      state: { status: `stale${nasty}`, since: '', error: nasty },
      [`other${nasty}`]: { status: 'down', since: '' },
    },
  };
  const update = { document, changed: [`market${nasty}`], seq: 1, bytes: 1, perSecond: 1, priceBefore: 1 };
  const line = (paint = plain): string =>
    tailLine(update as Parameters<typeof tailLine>[0], new Date(0), paint);

  it('prints no control character', () => {
    expect(line()).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect(line()).toContain('SPY\\u001b]0;owned\\u0007');
  });

  it('prints its own colours alone', () => {
    const esc = String.fromCharCode(0x1b);
    const colours = [0, 1, 2, 31, 32, 33].map((code) => `${esc}[${code}m`);
    const plain = colours.reduce((text, colour) => text.replaceAll(colour, ''), line(inColour));
    expect(plain).toBe(line());
  });
});
