import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../../src/core/json.ts';
import { type FiguresSection, readFigures } from '../../../../src/protocol/telemetry/document/figures.ts';
import { NoteBook } from '../../../../src/protocol/telemetry/document/notes.ts';

const figures = { latency_ms: 45.2, success_rate: 0.98 };

function read(value: JsonValue, section: FiguresSection = 'agents') {
  const book = new NoteBook();
  const map = readFigures(section, value, book);
  return { map, notes: book.notes.map(({ text }) => text) };
}
const mapOf = (value: JsonValue, section?: FiguresSection) => {
  const { map, notes } = read(value, section);
  expect(notes).toEqual([]);
  return map;
};

describe('readFigures', () => {
  it.each([
    ['a map', { A: figures, B: {} }],
    ['an array of objects with names', [{ ...figures, name: 'A' }, { name: 'B' }]],
  ])('reads %s, wrapped or not, once or more', (_what, value) => {
    const map = { A: figures, B: {} };
    expect(mapOf(value)).toEqual(map);
    expect(mapOf({ agents: value })).toEqual(map);
    expect(mapOf({ agents: { agents: value } })).toEqual(map);
    expect(mapOf({ models: value }, 'models')).toEqual(map);
  });

  it('reads a name that is a number as text', () => {
    expect(mapOf([{ name: 7, x: 1 }])).toEqual({ '7': { x: 1 } });
  });

  it.each<JsonValue>([null, {}, [], { agents: {} }, { agents: [] }, { agents: null }])(
    'reads none from %j',
    (value) => expect(mapOf(value)).toEqual({}),
  );

  it.each([{ A: [1, 2] }, { A: [] }, { A: [figures], B: figures }, { A: null, B: figures }])(
    'passes %j as it is',
    (value) => {
      expect(mapOf(value)).toBe(value);
      expect(mapOf({ agents: value })).toBe(value);
    },
  );

  it.each([{ agents: figures }, { agents: [1, 2] }, { agents: figures, A: {} }, { models: [{ name: 'A' }] }])(
    'takes an agent for one who is called so: %j',
    (value) => expect(mapOf(value)).toBe(value),
  );

  it('names each entry that holds no figures, and reads the others', () => {
    expect(read({ A: figures, B: 5, C: 'secret', D: true, E: null })).toEqual({
      map: { A: figures, B: null, C: null, D: null, E: null },
      notes: [
        'agents.B: expected an object, got a number',
        'agents.C: expected an object, got a string',
        'agents.D: expected an object, got a boolean',
      ],
    });
    expect(
      read([{ name: 'A' }, 5, { name: '__proto__' }, { x: 1 }, { name: ['secret'] }, null], 'models'),
    ).toEqual({
      map: { A: {} },
      notes: [
        'models[1]: expected an object with a name, got a number',
        'models[2]: expected an object with a name, got an object',
        'models[3]: expected an object with a name, got an object',
        'models[4]: expected an object with a name, got an object',
        'models[5]: expected an object with a name, got null',
      ],
    });
  });

  it.each<[JsonValue, string]>([
    [5, 'agents: expected a map, got a number'],
    ['secret', 'agents: expected a map, got a string'],
    [{ agents: 5 }, 'agents: expected a map, got a number'],
    [[5], 'agents[0]: expected an object with a name, got a number'],
  ])('finds none in %j', (value, note) => expect(read(value)).toEqual({ map: undefined, notes: [note] }));
});
