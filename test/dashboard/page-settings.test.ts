import { describe, expect, it } from 'vitest';
import {
  formatView,
  readFragmentToken,
  readTab,
  readView,
  withoutFragmentToken,
} from '../../src/dashboard/model/page-settings.ts';

describe('The page’s address', () => {
  it('asks for a view, and says which one is in force', () => {
    const query = '?mode=delta&encoding=msgpack&interval=500&sections=market,logs&symbol=BTC-USD';
    expect(formatView(readView(query))).toBe(query);
    expect(formatView(readView(''))).toBe('');
  });

  it('is not passed on where it makes no sense', () => {
    const query = '?mode=fast&encoding=xml&interval=-5&sections=&symbol=%3Cscript%3E&token=x';
    expect(readView(query)).toEqual({});
  });

  it('may bring a token, in the part that is not sent', () => {
    expect(readFragmentToken('#token=a.b.c')).toBe('a.b.c');
    expect(readFragmentToken('#main')).toBeUndefined();
  });

  it('keeps what else is in that part', () => {
    expect(withoutFragmentToken('#token=a.b.c')).toBe('');
    expect(withoutFragmentToken('#metrics&token=a.b.c&hours=6')).toBe('#metrics&hours=6');
    expect(withoutFragmentToken('#token')).toBe('');
  });

  it('names a tab, or a place on the page, which is none', () => {
    expect(['', '#', '#metrics', '#metrics&hours=6', '#main'].map(readTab)).toEqual([
      ...['telemetry', 'telemetry', 'metrics', 'metrics'],
      undefined,
    ]);
  });
});
