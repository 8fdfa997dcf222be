import { describe, expect, it } from 'vitest';
import { shownOf, type View } from './model-figures.ts';
import { type Entry, Ledger, type Note } from './model-ledger.ts';

const view: View = { hours: 24 };
const narrow: View = { hours: 24, sections: ['activity'] };
const subscribe = ({ hours, sections }: View = view, interval = 2): Note[] => {
  const config = { hours, update_interval: interval, ...(sections && { sections: [...sections] }) };
  return [
    { kind: 'saidSubscribe', view: { hours, sections }, interval },
    { kind: 'heard', event: 'subscribed', data: { config } },
  ];
};
const update = (version: number, shown: View = view): Note => ({
  kind: 'heard',
  event: 'metrics_update',
  data: { ...shownOf(version, shown), timestamp: 1000 },
});
const error: Extract<Note, { kind: 'heard' }> = {
  kind: 'heard',
  event: 'error',
  data: { error: 'The engine is down', timestamp: 1000 },
};
const unsubscribe: Note[] = [{ kind: 'saidUnsubscribe' }, { kind: 'heard', event: 'unsubscribed', data: {} }];
const refresh = (hours?: number): Note => ({ kind: 'saidRefresh', hours });

/** One note a second. */
const stamped = (notes: readonly Note[]): Entry[] =>
  notes.map((note, index) => ({ ...note, at: 1000 + index }));

describe('Ledger', () => {
  it.for<[string, Note[]]>([
    ['an answer, then news', [...subscribe(), update(1), update(2)]],
    ['the same for each subscription', [...subscribe(), update(1), ...subscribe(), update(1)]],
    ['the same as an answer to a refresh', [...subscribe(), update(1), refresh(), update(1)]],
    ['the same after a fault', [...subscribe(), update(1), error, update(1)]],
    ['an answer of another range', [...subscribe(), update(1), refresh(1), update(1, { hours: 1 })]],
    ['an answer asked for after the end', [...subscribe(), ...unsubscribe, refresh(), update(1)]],
  ])('allows %s', ([, notes]) => {
    expect(() => Ledger.check(stamped(notes))).not.toThrow();
  });

  it.for<[string, string, Note[]]>([
    ['an update without change', 'without any change', [...subscribe(), update(1), update(1)]],
    ['a second error', 'second error', [...subscribe(), update(1), error, error]],
    ['anything after the end', 'does not follow', [...subscribe(), update(1), ...unsubscribe, update(2)]],
    [
      'an answer after the end',
      'does not follow',
      [...subscribe(), update(1), refresh(), ...unsubscribe, update(1)],
    ],
    ['another range', 'does not follow', [...subscribe(), update(1, { hours: 1 })]],
    ['an older version', 'after 2', [...subscribe(), update(2), update(1)]],
    [
      'words of nonsense that nobody said',
      'to nothing',
      [...subscribe(), update(1), { ...error, data: { error: 'no', timestamp: 1000 } }],
    ],
    ['a hurry', 'at most each 60 s', [...subscribe(view, 60), update(1), update(2), update(3)]],
    [
      'sections that were not asked for',
      'not what',
      [...subscribe(), update(1, { hours: 24, sections: ['sessions'] })],
    ],
    [
      'another subscription than asked for',
      'instead of',
      [...subscribe().slice(0, 1), ...subscribe(narrow).slice(1)],
    ],
  ])('refuses %s', ([, message, notes]) => {
    expect(() => Ledger.check(stamped(notes))).toThrow(message);
  });
});
