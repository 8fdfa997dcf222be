import leven from 'leven';

/** Beyond this a name was not misspelt, but is another one. */
const mostEdits = 2;
/** In a name this short two edits make any other of its length. */
const shortLength = 4;
/** Names shorter than this are left alone: `t` and `_` keep caches from answering. */
const leastLength = 3;
/** Names compared with each other in one request: that takes time. */
const maxUnknown = 32;
/** What is told of ignored names is bounded. */
const maxIgnored = 8;
const maxNameLength = 32;

/**
 * Sorts out the names that are no options.
 * @returns those that are ignored, shortened, the first 8; or, as a text, what is wrong: a name that is nearly an
 * option's, as whoever misspelt it would take it for heeded
 */
export function ignoredNames(names: Iterable<string>, known: readonly string[]): readonly string[] | string {
  const unknown = [...new Set(names)].filter((name) => !known.includes(name));
  if (unknown.length > maxUnknown) return `expected at most ${maxUnknown} names that are no options`;
  for (const name of unknown) {
    const meant = likelyMeant(name, known);
    if (meant !== undefined) return `${shortened(name)}: no such option – did you mean ${meant}?`;
  }
  return unknown.slice(0, maxIgnored).map(shortened);
}

/** The nearest of the known names that is at most two edits away, one where either is short. Case does not matter. */
function likelyMeant(name: string, known: readonly string[]): string | undefined {
  const near = known.flatMap((candidate) => {
    const lengths = [name.length, candidate.length];
    const [shorter, longer] = [Math.min(...lengths), Math.max(...lengths)];
    // Spares the comparison with what is longer than any option.
    if (shorter < leastLength || longer - shorter > mostEdits) return [];
    const edits = editsBetween(name.toLowerCase(), candidate.toLowerCase());
    return edits <= (shorter <= shortLength ? 1 : mostEdits) ? [{ candidate, edits }] : [];
  });
  return near.sort((one, other) => one.edits - other.edits)[0]?.candidate;
}

/**
 * How many edits lead from one name to the other: a letter more, less or another, or two neighbours swapped. Exact up
 * to two.
 */
export function editsBetween(one: string, other: string): number {
  const swapped = swapsIn(one);
  const swappedOther = new Set(swapsIn(other));
  return Math.min(
    leven(one, other),
    ...swapped.map((text) => 1 + leven(text, other)),
    swapped.some((text) => swappedOther.has(text)) ? 2 : Number.POSITIVE_INFINITY,
  );
}

/** The text with each two neighbours swapped. */
function swapsIn(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 1) }, (_, at) => {
    const [left = '', right = ''] = text.slice(at, at + 2);
    return text.slice(0, at) + right + left + text.slice(at + 2);
  });
}

/** Whole characters only: half of one cannot be encoded. */
function shortened(name: string): string {
  return [...name].slice(0, maxNameLength).join('');
}
