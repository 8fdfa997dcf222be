import { equalJson, isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Urgency } from '../../../encode/rendition.ts';
import type { UrgencyOf } from '../../../encode/state-rendition.ts';

const statuses = ['fresh', 'stale', 'down'] as const;

/**
 * What must not wait for a client's interval. `now`: the engine's `status` changed, who halted it, or whether its state
 * contradicts that. `limited`: the status of a source changed, or a source came or went.
 */
export const urgencyOf: UrgencyOf = (document, previous) => {
  const urgencies: Urgency[] = [];
  const [state, stateBefore] = [sourceOf(document), sourceOf(previous)];
  const changed =
    differ(document.status, previous.status) ||
    differ(state.halt, stateBefore.halt) ||
    differ(state.contradicted, stateBefore.contradicted);
  if (changed) urgencies.push('now');
  if (!haveSameStatuses(document, previous)) urgencies.push('limited');
  return urgencies;
};

/** The freshness of the state, according to the document. */
export function stateStatus(document: JsonObject): (typeof statuses)[number] | undefined {
  const { status } = sourceOf(document);
  return statuses.find((known) => known === status);
}

function sourceOf(document: JsonObject, name = 'state'): JsonObject {
  const source = sourcesOf(document)[name];
  return isJsonObject(source) ? source : {};
}

function sourcesOf({ sources }: JsonObject): JsonObject {
  return isJsonObject(sources) ? sources : {};
}

function haveSameStatuses(document: JsonObject, previous: JsonObject): boolean {
  if (document.sources === previous.sources) return true;
  const names = Object.keys(sourcesOf(document));
  if (names.length !== Object.keys(sourcesOf(previous)).length) return false;
  return names.every((name) => !differ(sourceOf(document, name).status, sourceOf(previous, name).status));
}

function differ(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return one === undefined || other === undefined ? one !== other : !equalJson(one, other);
}
