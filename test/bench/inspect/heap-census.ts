import { isJsonObject } from '../../../src/core/json.ts';

/** Number of objects by class: constructor, function name, or kind where there is no more to be said. */
export type HeapCensus = ReadonlyMap<string, number>;

/** Kinds of node whose names tell classes apart; the names of others are contents, such as a string's text. */
const namedKinds = new Set(['object', 'closure', 'native']);

/** Counts the nodes of a V8 heap snapshot, as its JSON describes itself (`snapshot.meta`). */
export function countHeap(snapshot: unknown): HeapCensus {
  if (!isJsonObject(snapshot) || !isJsonObject(snapshot.snapshot)) throw new Error('not a heap snapshot');
  const { meta } = snapshot.snapshot;
  const { nodes, strings } = snapshot;
  if (!isJsonObject(meta) || !Array.isArray(nodes) || !Array.isArray(strings)) {
    throw new Error('not a heap snapshot');
  }
  const fields = Array.isArray(meta.node_fields) ? meta.node_fields : [];
  const kinds: readonly unknown[] = Array.isArray(meta.node_types) ? asArray(meta.node_types[0]) : [];
  const kindAt = fields.indexOf('type');
  const nameAt = fields.indexOf('name');
  if (kindAt < 0 || nameAt < 0) throw new Error('a heap snapshot without types or names');
  const census = new Map<string, number>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const kind = String(kinds[Number(nodes[at + kindAt])]);
    const name = namedKinds.has(kind) ? `${kind} ${String(strings[Number(nodes[at + nameAt])])}` : kind;
    census.set(name, (census.get(name) ?? 0) + 1);
  }
  return census;
}

export interface Growth {
  readonly name: string;
  /** Numbers in the order of the censuses. */
  readonly counts: readonly number[];
}

/**
 * Classes that grew by more than `allowed` from each census to the next: those that go on growing. What only fills
 * up once, such as a cache, grows in one step and not in the other.
 */
export function growing(censuses: readonly HeapCensus[], allowed: number): readonly Growth[] {
  const names = new Set(censuses.flatMap((census) => [...census.keys()]));
  return [...names]
    .map((name) => ({ name, counts: censuses.map((census) => census.get(name) ?? 0) }))
    .filter(({ counts }) =>
      counts.every((count, index) => index === 0 || count - (counts[index - 1] ?? 0) > allowed),
    )
    .sort((a, b) => (b.counts.at(-1) ?? 0) - (a.counts.at(-1) ?? 0));
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
