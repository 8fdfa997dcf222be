import leven from 'leven';
import type { Environment } from './environment.ts';

export interface UnknownNames {
  /** Names that are a setting's, misspelt: what was meant would be left out without a word. */
  readonly faults: readonly string[];
  /** Names that begin like ours, and may be somebody else's. */
  readonly others: readonly string[];
}

const fileSuffix = '_FILE';
const leastLetters = 8;
const mostEdits = 2;
/** What Kubernetes puts into the environment of every container, for each service that it knows. */
const ofServices = /_SERVICE_|_PORT$|_PORT_\d+_/;

/**
 * What in the environment looks like a setting and is none.
 * @param read names that are read
 * @param unread names of other commands, which are left alone
 */
export function findUnknownNames(
  env: Environment,
  read: readonly string[],
  unread: readonly string[],
): UnknownNames {
  const withFiles = (names: readonly string[]) => names.flatMap((name) => [name, `${name}${fileSuffix}`]);
  const known = withFiles(read);
  const left = new Set([...known, ...withFiles(unread), 'CONFIG_FILE']);
  const firstWords = new Set([...read, ...unread].filter((name) => name.includes('_')).map(firstWord));
  const faults: string[] = [];
  const others: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value === '' || left.has(name)) continue;
    if (!firstWords.has(firstWord(name)) || !name.includes('_') || ofServices.test(name)) continue;
    const nearest = nearestOf(name, known);
    const isMisspelt = name.length >= leastLetters && nearest.edits <= mostEdits;
    if (isMisspelt || firstWord(name) === 'AUTH')
      faults.push(`${name}: no such setting – did you mean ${nearest.name}?`);
    else others.push(name);
  }
  return { faults, others };
}

const firstWord = (name: string): string => name.split('_')[0] ?? '';

function nearestOf(
  name: string,
  known: readonly string[],
): { readonly name: string; readonly edits: number } {
  let nearest = { name: '', edits: Number.POSITIVE_INFINITY };
  for (const candidate of known) {
    const edits = leven(name, candidate);
    if (edits < nearest.edits) nearest = { name: candidate, edits };
  }
  return nearest;
}
