import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json.ts';

/** Between the keys of a path; in none of them, as JSON text of engines is free of it. */
const separator = '\u0000';
const lineEnd = '\r\n';

/** Spreadsheets take a cell that begins so for a formula: the signs, what they skip, and the signs' wide forms. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;
/** Text that is a number, such as the digits of a large integer, is no formula. */
const number = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
/** Read by some programs as the end of a cell. */
const needsQuotes = /[",;\t\r\n]|^\s|\s$|^$/;

/** The columns of a table of documents: one for each path to a value that is no object. */
export class CsvColumns {
  readonly #paths = new Map<string, readonly string[]>();
  /** Sections are shared by the versions in which they did not change. */
  readonly #noted = new WeakSet<object>();

  get count(): number {
    return this.#paths.size;
  }

  /** Adds the paths of a document that are not there yet. */
  note(document: JsonObject): void {
    for (const [key, section] of Object.entries(document)) this.#note([key], section);
  }

  #note(path: readonly string[], value: JsonValue): void {
    if (!isJsonObject(value)) {
      const id = path.join(separator);
      if (!this.#paths.has(id)) this.#paths.set(id, path);
      return;
    }
    if (this.#noted.has(value)) return;
    this.#noted.add(value);
    for (const [key, item] of Object.entries(value)) this.#note([...path, key], item);
  }

  /** The line with the names: `seq`, `at`, and the paths with dots. */
  head(): string {
    const names = Array.from(this.#paths.values(), (path) => path.join('.'));
    return lineOf(['seq', 'at', ...names].map(textCell));
  }

  row(seq: number, at: string, document: JsonObject): string {
    const cells = Array.from(this.#paths.values(), (path) => cellOf(valueAt(document, path)));
    return lineOf([`${seq}`, at, ...cells]);
  }
}

function valueAt(document: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of path) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Empty for `null` and for what is not there; an object has columns of its own. */
function cellOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null || isJsonObject(value)) return '';
  return typeof value === 'string' ? textCell(value) : quoted(JSON.stringify(value));
}

function textCell(text: string): string {
  return quoted(formula.test(text) && !number.test(text) ? `'${text}` : text);
}

/** RFC 4180 §2. */
function quoted(text: string): string {
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function lineOf(cells: readonly string[]): string {
  return `${cells.join(',')}${lineEnd}`;
}
