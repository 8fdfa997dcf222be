import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  learn,
  type MetricsKnowledge,
  type MetricsNews,
  nothingKnown,
  readMetricsEvent,
} from '../../src/dashboard/model/metrics-knowledge.ts';
import { describeMetrics } from '../../src/dashboard/model/metrics-situation.ts';

const start = Date.UTC(2026, 0, 1);
const figures = { overview: { tasks: { total: 42 } } };
const opened: MetricsNews = { kind: 'opened' };
const brought: MetricsNews = { kind: 'figures', figures, skewMs: 0 };
const fault: MetricsNews = { kind: 'fault', error: 'HTTP 500', since: undefined };
const lost: MetricsNews = { kind: 'ended', end: 'lost', reason: 'the stream ended' };

/** What is known after these news, one a second. */
function learnt(...news: MetricsNews[]): MetricsKnowledge {
  return news.reduce((known, next, index) => learn(known, next, start + index * 1000), nothingKnown);
}

/** What the page says of it ten seconds after the first news. */
function said(...news: MetricsNews[]): string {
  return describeMetrics(learnt(...news), start + 10_000).text;
}

describe('Metrics', () => {
  it('are live only while the stream that brought them stands, speaks, and tells of no fault', () => {
    const anyNews = fc.oneof(
      fc.constantFrom<MetricsNews>(opened, brought, fault, lost, { kind: 'connecting' }, { kind: 'heard' }),
      fc.constant<MetricsNews>({ kind: 'silent', since: start }),
      fc.constantFrom<MetricsNews>(
        { kind: 'ended', end: 'unauthorized', reason: 'HTTP 401' },
        { kind: 'ended', end: 'missing', reason: 'HTTP 404' },
      ),
    );
    fc.assert(
      fc.property(fc.array(anyNews, { maxLength: 12 }), (news) => {
        const known = learnt(...news);
        const sinceOpened = news.slice(
          Math.max(
            0,
            news.findLastIndex(({ kind }) => kind === 'opened' || kind === 'connecting' || kind === 'ended'),
          ),
        );
        const isOpen = sinceOpened[0]?.kind === 'opened';
        const lastOf = (...kinds: MetricsNews['kind'][]) =>
          sinceOpened.findLast(({ kind }) => kinds.includes(kind))?.kind;
        const isLive =
          isOpen && lastOf('figures', 'fault') === 'figures' && lastOf('silent', 'heard') !== 'silent';
        expect(known.state === 'live').toBe(isLive);
        const { text } = describeMetrics(known, start + 60_000);
        expect(text.startsWith('Metrics live')).toBe(isLive);
        // What was shown once stays, and says how old it is.
        const isKnown = news.some(({ kind }) => kind === 'figures');
        expect(known.figures !== undefined).toBe(isKnown);
        expect(known.staleSince !== undefined).toBe(isKnown && !isLive);
        if (!isLive)
          expect(text).toMatch(isKnown ? /last known, \d+ (s|min) old$/ : /no figures are known$|…$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('say in words how they stand', () => {
    expect(said()).toBe('Connecting to the stream of metrics …');
    expect(said(opened)).toBe('The engine has not given metrics yet: no figures are known');
    expect(said(opened, brought)).toBe('Metrics live · unchanged for 9 s');
    expect(said(opened, brought, fault)).toBe(
      'No new metrics of the engine: values are the last known, 8 s old',
    );
    expect(said(opened, fault)).toBe('No new metrics of the engine: no figures are known');
    expect(said(opened, brought, lost)).toBe(
      'No stream of metrics, trying again and again: values are the last known, 8 s old',
    );
    expect(said(opened, brought, { kind: 'silent', since: start + 1000 })).toBe(
      'Gateway silent: values are the last known, 9 s old',
    );
    expect(said({ kind: 'ended', end: 'missing', reason: 'HTTP 404' })).toMatch(/serves no metrics/);
    expect(said({ kind: 'ended', end: 'unauthorized', reason: 'HTTP 401' })).toMatch(/wants another token/);
  });

  it.each([
    ['', 0, undefined],
    ['', 1000 - 119_000, undefined],
    ['', 1000 + 3_600_000, 3_600_000],
    [' · dated 2025-12-31T23:58:00.000Z by the engine', -120_000, undefined],
    [' · dated 2026-01-01T02:00:00.000Z by the engine', 7_200_000, 0],
    [' · dated 2026-01-01T01:00:00.000Z by the engine', 7_200_000, 3_600_000],
  ])('say%s where the engine dates them %i ms off (skew %j)', (dated, offMs, skewMs = 0) => {
    const timestamp = (start + offMs) / 1000;
    const news: MetricsNews = { kind: 'figures', figures: { ...figures, timestamp }, skewMs };
    const { text, tone, announcement } = describeMetrics(learnt(opened, news), start + 2000);
    expect(text).toBe(`Metrics live · unchanged for 1 s${dated}`);
    expect(tone).toBe(dated === '' ? 'up' : 'warn');
    expect(announcement).toMatch(dated === '' ? /^Metrics live$/ : /dated otherwise/);
  });

  it('announce what becomes another state, without the time that passes', () => {
    const announcements = [1, 5, 60].map(
      (seconds) => describeMetrics(learnt(opened, brought, lost), start + seconds * 1000).announcement,
    );
    expect(new Set(announcements)).toEqual(
      new Set(['No stream of metrics, trying again and again: values are the last known']),
    );
  });

  it('grow old from the first moment on, whatever goes wrong next', () => {
    expect(learnt(opened, brought, fault, lost, opened, fault).staleSince).toBe(start + 2000);
  });

  it('say why, in the words of who knows', () => {
    expect(learnt(opened, brought, fault).reason).toBe('HTTP 500');
    expect(learnt(opened, brought, fault, brought).reason).toBe('');
    expect(learnt(opened, brought, lost).reason).toBe('the stream ended');
  });
});

describe('An event of the stream of metrics', () => {
  it('brings figures, by whatever name they have', () => {
    const text = '{"overview":{},"further":1}';
    const news = readMetricsEvent(text, 'message', 5000);
    expect(news).toEqual({ kind: 'figures', figures: JSON.parse(text), skewMs: 5000 });
  });

  it('tells of a fault, and since when by this machine’s clock', () => {
    const at = start - 60_000;
    const text = JSON.stringify({ error: 'no answer in 900 ms', timestamp: at / 1000 + 5 });
    const news = readMetricsEvent(text, 'error_info', 5000);
    expect(news).toEqual({ kind: 'fault', error: 'no answer in 900 ms', since: at });
    expect(said(opened, brought, ...(news ? [news] : []))).toMatch(/, 70 s old$/);
  });

  it.each(['', 'null', '[]', '"x"', '{"overview":', '7'])(
    'that cannot be read is a fault, and no figures: %s',
    (text) => {
      expect(readMetricsEvent(text, 'message', 0)).toMatchObject({ kind: 'fault' });
      expect(readMetricsEvent(text, 'error_info', 0)).toMatchObject({ kind: 'fault', since: undefined });
    },
  );

  it('of another name is left out', () => {
    expect(readMetricsEvent('{}', 'later', 0)).toBeUndefined();
  });
});
