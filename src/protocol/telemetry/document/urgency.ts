import { equalJson, isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Urgency } from '../../../encode/rendition.ts';
import type { UrgencyOf } from '../../../encode/state-rendition.ts';

const statuses = ['fresh', 'stale', 'down'] as const;

/**
 * What must not wait for a client's interval: `now` where the engine's `status` changed, who halted it, or
 * whether it contradicts that, and `limited` where the status of a source did. A source that comes or goes counts; what else is said of it does not.
 */
export const urgencyOf: UrgencyOf = (document, previous) => {
  const urgencies: Urgency[] = [];
  const sourcesDiffer = document.sources !== previous.sources;
  const isRemarkOther =
    sourcesDiffer &&
    (['halt', 'contradicted'] as const).some((remark) =>
      differ(sourceOf(document)[remark], sourceOf(previous)[remark]),
    );
  if (isRemarkOther || differ(document.status, previous.status)) urgencies.push('now');
  if (sourcesDiffer && !haveSameStatuses(document, previous)) urgencies.push('limited');
  return urgencies;
};

/** What a document says of how fresh its state is. */
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
  const names = Object.keys(sourcesOf(document));
  if (names.length !== Object.keys(sourcesOf(previous)).length) return false;
  return names.every((name) => !differ(sourceOf(document, name).status, sourceOf(previous, name).status));
}

function differ(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return one === undefined || other === undefined ? one !== other : !equalJson(one, other);
}
