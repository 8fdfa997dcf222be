import { editsBetween } from '../core/option-names.ts';
import { type Environment, fileSuffix } from './environment.ts';

const leastLetters = 8;
const mostEdits = 2;
/** Kubernetes sets these in every container for each service. */
const ofServices = /_SERVICE_|_PORT$|_PORT_\d+_/;

export interface UnknownNames {
  /** Misspelt names of settings, which would be ignored silently. */
  readonly faults: readonly string[];
  /** Names that begin like settings, but may belong to other programs. */
  readonly others: readonly string[];
}

/**
 * Variables that look like settings but are not.
 * @param read names that are read
 * @param unread names of other commands, which are allowed
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
    const edits = editsBetween(name, candidate);
    if (edits < nearest.edits) nearest = { name: candidate, edits };
  }
  return nearest;
}
