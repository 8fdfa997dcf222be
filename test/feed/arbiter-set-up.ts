import type { JsonObject } from '../../src/core/json.ts';
import { Arbiter } from '../../src/feed/arbiter.ts';
import { deepFreeze } from '../support/arbitrary-json.ts';

export const eventAt = { engineTime: undefined, localTime: 100 };
export const pollBefore = { engineTime: undefined, localTime: 50 };
export const pollAfter = { engineTime: undefined, localTime: 150 };
export const everything = (): boolean => true;

/** What an answer that was asked for before these events leaves of the document. */
export function overtaken(answer: JsonObject, ...events: JsonObject[]) {
  const arbiter = new Arbiter();
  for (const event of events) arbiter.protect(deepFreeze(event), eventAt);
  const reconciled = arbiter.reconcile(deepFreeze(answer), pollBefore, everything);
  return { ...reconciled, arbiter };
}
