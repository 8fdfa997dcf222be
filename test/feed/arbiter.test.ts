import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Arbiter, type InputTime } from '../../src/feed/arbiter.ts';
import { deepFreeze } from '../support/arbitrary-json.ts';

const everything = (): boolean => true;
const time = (engineTime: number | undefined, localTime: number): InputTime => ({ engineTime, localTime });

/** An event that set the price to 2 at local time 100. */
function afterEvent(engineTime?: number) {
  const arbiter = new Arbiter();
  arbiter.protect({ market: { price: 2 } }, time(engineTime, 100));
  const answer: JsonObject = deepFreeze({ market: { price: 1, alpha: 7 } });
  const reconcile = (engine: number | undefined, startedAt: number) =>
    arbiter.reconcile(answer, time(engine, startedAt), everything);
  return { arbiter, answer, reconcile };
}

const eventWins = { document: { market: { price: 2, alpha: 7 } }, undone: 1 };
const answerWins = { document: { market: { price: 1, alpha: 7 } }, undone: 0 };

describe('Arbiter where event and answer both carry the engine’s time', () => {
  it.each([
    ['older, started before', 499, 50, eventWins],
    ['older, started after', 499, 150, eventWins],
    ['of the same time, started before', 500, 50, eventWins],
    ['of the same time, started after', 500, 150, eventWins],
    ['newer, started before', 501, 50, answerWins],
    ['newer, started after', 501, 150, answerWins],
  ])('settles an answer that is %s by the engine’s time', (_what, engineTime, startedAt, expected) => {
    const { arbiter, reconcile } = afterEvent(500);
    expect(reconcile(engineTime, startedAt)).toEqual(expected);
    expect(arbiter.size).toBe(expected === eventWins ? 1 : 0);
  });

  it('takes 0 as a time like any other', () => {
    expect(afterEvent(0).reconcile(0, 150)).toEqual(eventWins);
    expect(afterEvent(0).reconcile(1, 50)).toEqual(answerWins);
    expect(afterEvent(1).reconcile(0, 150)).toEqual(eventWins);
  });
});

describe('Arbiter where one of them carries none', () => {
  it.each([
    ['neither', undefined, undefined],
    ['only the event', 500, undefined],
    ['only an older answer', undefined, 1],
    ['only a newer answer', undefined, 9_999],
  ])('lets the event win where the poll started before it and %s has one', (_who, event, answer) => {
    const { arbiter, reconcile } = afterEvent(event);
    expect(reconcile(answer, 99.999)).toEqual(eventWins);
    expect(arbiter.size).toBe(1);
    expect(reconcile(answer, 100.001)).toEqual(answerWins);
    expect(arbiter.size).toBe(0);
  });

  it('lets an answer win whose poll started when the event arrived: it did not start before', () => {
    expect(afterEvent().reconcile(undefined, 100)).toEqual(answerWins);
  });
});

describe('Arbiter protection', () => {
  it('ends with the first answer that wins, also against an older one that comes later', () => {
    const { reconcile } = afterEvent(500);
    expect(reconcile(499, 50).undone).toBe(1);
    expect(reconcile(501, 60)).toEqual(answerWins);
    expect(reconcile(400, 10)).toEqual(answerWins);
  });

  it('lasts through any number of answers that lose', () => {
    const { arbiter, reconcile } = afterEvent(500);
    for (let count = 0; count < 100; count += 1) expect(reconcile(500, count)).toEqual(eventWins);
    expect(arbiter.size).toBe(1);
  });

  it('counts nothing where the answer says what the event said, and stays', () => {
    const { arbiter } = afterEvent(500);
    const same = deepFreeze({ market: { price: 2 } });
    expect(arbiter.reconcile(same, time(500, 50), everything)).toEqual({ document: same, undone: 0 });
    expect(arbiter.size).toBe(1);
  });

  it('is renewed by a later event, whose time counts from then on', () => {
    const { arbiter, reconcile } = afterEvent(500);
    arbiter.protect({ market: { price: 3 } }, time(600, 200));
    expect(reconcile(550, 150)).toEqual({ document: { market: { price: 3, alpha: 7 } }, undone: 1 });
    expect(arbiter.size).toBe(1);
    expect(reconcile(601, 150)).toEqual(answerWins);
  });

  it('ends path by path', () => {
    const arbiter = new Arbiter();
    arbiter.protect({ market: { price: 2 } }, time(500, 100));
    arbiter.protect({ market: { alpha: 8 }, status: 'HALT' }, time(600, 200));
    const answer = { market: { price: 1, alpha: 7 }, status: 'ACTIVE' };
    expect(arbiter.reconcile(answer, time(550, 90), everything)).toEqual({
      document: { market: { price: 1, alpha: 8 }, status: 'HALT' },
      undone: 2,
    });
    expect(arbiter.size).toBe(2);
  });

  it('is left alone by an answer that does not own the section, and by its time', () => {
    const arbiter = new Arbiter();
    arbiter.protect({ agents: { a: { pnl: 2 } }, market: { price: 2 } }, time(500, 100));
    const document = deepFreeze({ agents: { a: { pnl: 1 } }, market: { price: 1 } });
    // The answer of the agents endpoint is an object of figures, without a timestamp of its own.
    const ofAgents = (startedAt: number) =>
      arbiter.reconcile(document, time(undefined, startedAt), (key) => key === 'agents');
    expect(ofAgents(50)).toEqual({
      document: { agents: { a: { pnl: 2 } }, market: { price: 1 } },
      undone: 1,
    });
    expect(ofAgents(150)).toEqual({ document, undone: 0 });
    expect(arbiter.size).toBe(1);
    expect(arbiter.reconcile(document, time(500, 150), everything).document.market).toEqual({ price: 2 });
  });

  it('returns the very document where nothing is protected or put back', () => {
    const { arbiter, answer, reconcile } = afterEvent(500);
    expect(reconcile(501, 0).document).toBe(answer);
    expect(arbiter.reconcile(answer, time(1, 1), everything).document).toBe(answer);
  });

  it('ends where it is released: by key, by engine time, or all at once', () => {
    const arbiter = new Arbiter();
    arbiter.protect({ market: { price: 1 }, logs: [] }, time(500, 100));
    arbiter.protect({ portfolio: { nav: 1, cash: 2 } }, time(600, 100));
    arbiter.protect({ signal: { side: 'BUY' } }, time(undefined, 100));
    expect(arbiter.size).toBe(5);
    arbiter.releaseNewerThan(500);
    expect(arbiter.size).toBe(3);
    arbiter.release('market');
    arbiter.release('never');
    expect(arbiter.size).toBe(2);
    arbiter.clear();
    expect(arbiter.reconcile({ a: 1 }, time(0, 0), everything)).toEqual({ document: { a: 1 }, undone: 0 });
  });
});
