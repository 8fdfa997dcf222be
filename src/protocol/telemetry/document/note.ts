import type { JsonValue } from '../../../core/json.ts';
import type { Path } from '../../../wire/merge-patch.ts';

/** Names a field that is not of its documented type: what was expected and what came, never the value. */
export interface Note {
  /** Where the document says that nothing is known in its place. */
  readonly path: Path;
  /** For people, such as `market.price: expected a number, got a string`. */
  readonly text: string;
}

/** Many times what is shown of them: an input may have a wrong type at every path. */
const maxNotes = 64;
const maxNameLength = 100;

/** Takes down what is odd about one input. */
export class NoteBook {
  readonly #notes: Note[] = [];

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** @param name as people write the path. Default: its keys with dots between. */
  add(path: Path, expected: string, found: JsonValue, name = path.join('.')): void {
    if (this.#notes.length >= maxNotes) return;
    const shortName = name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;
    this.#notes.push({ path, text: `${shortName}: expected ${expected}, got ${kindOf(found)}` });
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
