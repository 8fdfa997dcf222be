import { equalJson, isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Path } from '../../../wire/merge-patch.ts';
import { fieldsOf, isDocumentedScalar } from './shape.ts';

/** Names a field that is not of its documented type: what was expected and what came, never the value. */
export interface Note {
  /** Where the document says that nothing is known in its place. */
  readonly path: Path;
  /** For people, such as `market.price: expected a number, got a string`. */
  readonly text: string;
}

/** Many times what is shown of them: an input may have a wrong type at every path. */
const maxNotesOfInput = 64;
const maxNameLength = 100;

/** Takes down what is odd about one input. */
export class NoteBook {
  readonly #notes: Note[] = [];

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** @param name as people write the path. Default: its keys with dots between. */
  add(path: Path, expected: string, found: JsonValue, name = path.join('.')): void {
    if (this.#notes.length >= maxNotesOfInput) return;
    const shortName = name.length > maxNameLength ? `${name.slice(0, maxNameLength)}…` : name;
    this.#notes.push({ path, text: `${shortName}: expected ${expected}, got ${kindOf(found)}` });
  }
}

function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

interface StandingNote extends Note {
  readonly source: string;
  /** What said it, the last answer of the source or an event since. */
  readonly from: 'answer' | 'event';
}

/** Beyond that what is odd is left out all the same, and nobody is told why. */
const maxNotes = 256;
const none: readonly string[] = [];

/**
 * What is odd about the document now, by the source that owns it. A note stands for as long as what is shown in its
 * place is what the input which it is about left there.
 */
export class StandingNotes {
  #notes: readonly StandingNote[] = [];

  /** Each once. */
  of(source: string): readonly string[] {
    // Asked after each event, and there are hardly ever any.
    if (this.#notes.length === 0) return none;
    return [...new Set(this.#notes.filter((note) => note.source === source).map(({ text }) => text))];
  }

  /**
   * An answer of `source` was applied. False where it is odd in the very way in which the source was before.
   * @param document as it is now
   * @param isProtected whether what events said of a path stands against the answer
   */
  answered(
    source: string,
    notes: readonly Note[],
    document: JsonObject,
    isProtected: (path: Path) => boolean,
  ): boolean {
    const before = this.of(source);
    const isOver = (note: StandingNote): boolean =>
      note.source === source && (note.from === 'answer' || !isProtected(note.path));
    const kept = this.#notes.filter((note) => !isOver(note));
    const said = notes.flatMap(leavesOf).filter(({ path }) => !isValue(path) || at(document, path) === null);
    this.#add(
      kept,
      said.map((note) => ({ ...note, source, from: 'answer' })),
    );
    return !equalJson(before, this.of(source));
  }

  /** An event was applied. What it says of a path takes the place of what was said before. */
  told(event: JsonObject, notes: readonly Note[], ownerOf: (key: string) => string): void {
    if (this.#notes.length === 0 && notes.length === 0) return;
    const isOver = ({ path, from }: StandingNote): boolean =>
      (from === 'event' || isValue(path)) && at(event, path) !== undefined;
    const kept = this.#notes.filter((note) => !isOver(note));
    this.#add(
      kept,
      notes
        .flatMap(leavesOf)
        .map((note) => ({ ...note, source: ownerOf(note.path[0] ?? ''), from: 'event' })),
    );
  }

  #add(kept: readonly StandingNote[], added: readonly StandingNote[]): void {
    this.#notes = [...kept, ...added].slice(0, maxNotes);
  }
}

/** Of a section each field for itself: a later event may say some of them. */
function leavesOf(note: Note): readonly Note[] {
  const [section, field] = note.path;
  const fields = section === undefined || field !== undefined ? [] : fieldsOf(section);
  return fields.length === 0 ? [note] : fields.map((name) => ({ ...note, path: [section ?? '', name] }));
}

/** Whether one value stands at the path, which is null while nothing is known. A time is kept then. */
function isValue(path: Path): boolean {
  return isDocumentedScalar(path) && path[0] !== 'timestamp';
}

/** What an input says of a path: where there is no object on the way, it speaks for all below. */
function at(input: JsonObject, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = input;
  for (const key of path) {
    if (!isJsonObject(value)) return value;
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}
