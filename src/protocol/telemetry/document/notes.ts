import { equalJson, isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';
import type { Path } from '../../../wire/merge-patch.ts';
import { fieldsOf, isDocumentedScalar } from './shape.ts';

/** Names a field that is not of its documented type: what was expected and what came, never the value. */
export interface Note {
  /** Where the document has null instead. */
  readonly path: Path;
  /** For people, such as `market.price: expected a number, got a string`. */
  readonly text: string;
}

/** Of one input, which may have a wrong type at every path. Far fewer are shown. */
const maxNotesOfInput = 64;
const maxNameLength = 100;

/** Collects the notes on one input. */
export class NoteBook {
  readonly #notes: Note[] = [];

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** @param name the path for people. Default: its keys joined by dots. */
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
  /** Whether the last answer of the source or a later event gave rise to it. */
  readonly from: 'answer' | 'event';
}

/** Beyond that, fields of a wrong type become null without a note. */
const maxNotes = 256;
const none: readonly string[] = [];

/**
 * The notes on the document as it is now, by the source that owns the path. A note stands until a later input sets its
 * path.
 */
export class StandingNotes {
  #notes: readonly StandingNote[] = [];

  /** The texts of the notes, without repetition. */
  of(source: string): readonly string[] {
    // Called after each event, and usually there are none.
    if (this.#notes.length === 0) return none;
    return [...new Set(this.#notes.filter((note) => note.source === source).map(({ text }) => text))];
  }

  /**
   * Takes the notes on an answer of `source` that was applied. False where its notes are the same as before.
   * @param document the document after it
   * @param isProtected whether the value of an event at this path prevailed over the answer
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

  /** Takes the notes on an event that was applied: they replace those on the paths that it sets. */
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

/** A note on a section as notes on its fields, as a later event may set some of them. */
function leavesOf(note: Note): readonly Note[] {
  const [section, field] = note.path;
  const fields = section === undefined || field !== undefined ? [] : fieldsOf(section);
  return fields.length === 0 ? [note] : fields.map((name) => ({ ...note, path: [section ?? '', name] }));
}

/** Whether a wrong type sets null at this path. (`timestamp` keeps its last value.) */
function isValue(path: Path): boolean {
  return isDocumentedScalar(path) && path[0] !== 'timestamp';
}

/** The value of an input at a path; a value that is no object stands for all paths below it. */
function at(input: JsonObject, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = input;
  for (const key of path) {
    if (!isJsonObject(value)) return value;
    value = Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}
