import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../src/core/json.ts';
import { CsvColumns } from '../../../../src/protocol/telemetry/view/history-csv.ts';
import { arbitraryJsonObject } from '../../../support/arbitrary-json.ts';

const at = '2026-01-01T00:00:00.000Z';

/** The cells of the only document, by their names. */
function tableOf(document: JsonObject): Record<string, string | undefined> {
  const columns = new CsvColumns();
  columns.note(document);
  const [names = [], values = []] = parse(columns.head() + columns.row(1, at, document));
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

/** RFC 4180 §2, as any reader has it. */
function parse(text: string): string[][] {
  const lines: string[][] = [];
  const cells = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g;
  let line: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(cells)) {
    line.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',') continue;
    lines.push(line);
    line = [];
  }
  return lines;
}

describe('A table of documents', () => {
  it('has columns for paths, in the order in which they first came', () => {
    const columns = new CsvColumns();
    columns.note({ a: 1, b: { c: { d: 2 } } });
    columns.note({ b: { e: [1, { f: 2 }], c: { d: 3 } }, g: {} });
    expect(columns.head()).toBe('seq,at,a,b.c.d,b.e\r\n');
    expect(columns.row(7, at, { b: { e: [1, { f: 2 }] } })).toBe(`7,${at},,,"[1,{""f"":2}]"\r\n`);
  });

  it('keeps two paths apart that are written alike', () => {
    const columns = new CsvColumns();
    const document = { 'a.b': 1, a: { b: 2 } };
    columns.note(document);
    expect(columns.head() + columns.row(1, at, document)).toBe(`seq,at,a.b,a.b\r\n1,${at},1,2\r\n`);
  });

  it.each(['=1+1', '+1+cmd', '-1+cmd', '@SUM(A1)', '\t=1', '\r=1', '-', '=', '＝1'])(
    'does not let a text become a formula: %j',
    (text) => {
      expect(tableOf({ text })).toMatchObject({ text: `'${text}` });
      expect(Object.keys(tableOf({ [text]: 1 }))).toContain(`'${text}`);
    },
  );

  it.each([-5, -0.05, 1e-7, -1e300, 450.17])('leaves the number %d alone', (number) => {
    expect(tableOf({ number })).toMatchObject({ number: String(number) });
  });

  it.each(['-9007199254740993', '-1.5', 'a=b', "'", 'Lévy Stable'])('leaves the text %j alone', (text) => {
    expect(tableOf({ text })).toMatchObject({ text });
  });

  it('has an empty cell for null, and tells an empty text from it', () => {
    const columns = new CsvColumns();
    const document = { none: null, empty: '', yes: true };
    columns.note(document);
    expect(columns.row(1, at, document)).toBe(`1,${at},,"",true\r\n`);
  });

  it('says of any document what it holds, and has no more lines than versions', () => {
    fc.assert(
      fc.property(arbitraryJsonObject, (document) => {
        const columns = new CsvColumns();
        columns.note(document);
        const lines = parse(columns.head() + columns.row(1, at, document));
        expect(lines).toHaveLength(2);
        expect(lines[1]?.slice(2)).toEqual(leaves(document).map(shown));
      }),
    );
  });
});

function leaves(value: JsonValue): JsonValue[] {
  return isJsonObject(value) ? Object.values(value).flatMap(leaves) : [value];
}

function shown(value: JsonValue): string {
  if (value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isGuarded = typeof value === 'string' && /^[=+\-@\t\r\n＝＋－＠]/.test(text);
  return isGuarded && !/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? `'${text}` : text;
}
