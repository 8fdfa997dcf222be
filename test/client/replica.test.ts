import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Replica, shareStructure } from '../../src/client/replica.ts';
import { type DocumentPacket, readPacket } from '../../src/client/server-packet.ts';
import { equalJson, isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { diff } from '../../src/wire/delta.ts';
import { granted } from './fake-gateway.ts';

function packet(message: object): DocumentPacket {
  const read = readPacket(message);
  if (typeof read === 'string' || !('seq' in read))
    throw new Error(`not a document: ${JSON.stringify(message)}`);
  return read;
}
const welcome = (seq: number, more: object, epoch = 'e'): DocumentPacket =>
  packet({ type: 'WELCOME', seq, epoch, granted, ...more });
const full = (seq: number, data: object, epoch?: string): DocumentPacket =>
  packet({ type: 'TELEMETRY', seq, data, ...(epoch === undefined ? {} : { epoch }) });
const delta = (base: number, seq: number, patch: object, append = {}): DocumentPacket =>
  packet({ type: 'DELTA', base, seq, patch, append });

describe('Replica', () => {
  it('follows whole documents and the deltas that fit them', () => {
    const replica = new Replica();
    expect(replica.hasDocument).toBe(false);
    expect(replica.apply(welcome(3, { data: { a: 1, logs: [1, 2] } }))).toBe('changed');
    expect(replica.apply(delta(3, 7, { a: null, b: { c: 1 } }, { logs: { drop: 1, add: [3] } }))).toBe(
      'changed',
    );
    expect(replica.document).toEqual({ b: { c: 1 }, logs: [2, 3] });
    expect(replica.position).toEqual({ epoch: 'e', seq: 7 });
  });

  it('takes a delta on another version for a gap, and no further one until a whole document comes', () => {
    const replica = new Replica();
    replica.apply(welcome(3, { data: { a: 1 } }));
    expect(replica.apply(delta(4, 5, { a: 2 }))).toBe('gap');
    expect(replica.apply(delta(3, 5, { a: 3 }))).toBe('ignored');
    expect(replica.document).toEqual({ a: 1 });
    expect(replica.apply(full(6, { a: 4 }))).toBe('changed');
    expect(replica.apply(delta(6, 8, { a: 5 }))).toBe('changed');
    expect(replica.document).toEqual({ a: 5 });
  });

  it('takes a delta that appends to what is no array for a gap', () => {
    const replica = new Replica();
    replica.apply(welcome(1, { data: { logs: 'none' } }));
    expect(replica.apply(delta(1, 2, {}, { logs: { drop: 0, add: [1] } }))).toBe('gap');
    expect(replica.document).toEqual({ logs: 'none' });
  });

  it('resumes by a WELCOME from the very version it holds', () => {
    const replica = new Replica();
    replica.apply(welcome(3, { data: { a: 1, b: {} } }));
    const { b } = replica.document;
    replica.distrust();
    expect(replica.apply(welcome(9, { base: 3, patch: { a: 2 } }))).toBe('changed');
    expect(replica.document).toEqual({ a: 2, b: {} });
    expect(replica.document.b).toBe(b);
    expect(replica.apply(delta(9, 10, { a: 3 }))).toBe('changed');
  });

  it.each([
    ['another version', welcome(9, { base: 4, patch: { a: 2 } })],
    ['another life of the feed', welcome(9, { base: 3, patch: { a: 2 } }, 'other')],
  ])('takes a WELCOME from %s for a gap', (_, packetOfAnother) => {
    const replica = new Replica();
    replica.apply(welcome(3, { data: { a: 1 } }));
    expect(replica.apply(packetOfAnother)).toBe('gap');
    expect(replica.document).toEqual({ a: 1 });
    expect(replica.position).toEqual({ epoch: 'e', seq: 3 });
  });

  it('keeps its document, as an object, where a packet repeats it', () => {
    const replica = new Replica();
    replica.apply(welcome(3, { data: { a: { b: 1 } } }));
    const before = replica.document;
    expect(replica.apply(full(3, { a: { b: 1 } }))).toBe('unchanged');
    expect(replica.document).toBe(before);
  });

  it('goes back to an older version, and to another epoch, when a whole document says so', () => {
    const replica = new Replica();
    replica.apply(welcome(9, { data: { a: 1 } }));
    replica.apply(full(2, { a: 2 }, 'restarted'));
    expect(replica.position).toEqual({ epoch: 'restarted', seq: 2 });
    expect(replica.document).toEqual({ a: 2 });
  });

  it('has no position where none was told', () => {
    const replica = new Replica();
    replica.apply(full(0, { a: 1 }, ''));
    expect(replica.hasDocument).toBe(true);
    expect(replica.position).toBeUndefined();
  });
});

const value: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<JsonValue>(null, true, 0, -0, 1, 'a', ''),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'market', '__proto__', 'length'), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const object: fc.Arbitrary<JsonObject> = fc.dictionary(fc.constantFrom('a', 'b', 'logs', '__proto__'), value);

/** Whatever in `shared` equals its counterpart in `previous` is that very object. */
function expectIdentity(previous: JsonValue | undefined, shared: JsonValue): void {
  if (previous === undefined || typeof shared !== 'object' || shared === null) return;
  if (equalJson(previous, shared)) expect(shared).toBe(previous);
  else if (isJsonObject(previous) && isJsonObject(shared)) {
    for (const [key, item] of Object.entries(shared)) {
      expectIdentity(Object.hasOwn(previous, key) ? previous[key] : undefined, item);
    }
  }
}

describe('shareStructure', () => {
  it('gives a document that equals the next one, and keeps what did not change', () => {
    fc.assert(
      fc.property(object, object, (previous, next) => {
        const shared = shareStructure(previous, next);
        expect(equalJson(shared, next)).toBe(true);
        expectIdentity(previous, shared);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the previous document itself where nothing differs, whatever the order of keys', () => {
    const previous = { market: { symbol: 'SPY', price: 1 }, logs: [{ message: 'a' }], none: null };
    const next = { none: null, logs: [{ message: 'a' }], market: { price: 1, symbol: 'SPY' } };
    expect(shareStructure(previous, next)).toBe(previous);
  });

  it('keeps the sections that a full packet repeats', () => {
    const previous = JSON.parse(
      '{"market":{"price":1},"agents":{"a":{"score":1},"b":{"score":2}},"logs":[]}',
    );
    const next = JSON.parse('{"market":{"price":2},"agents":{"a":{"score":1},"b":{"score":3}},"logs":[]}');
    const shared = shareStructure(previous, next);
    expect(shared).toEqual(next);
    expect(shared.logs).toBe(previous.logs);
    expect(Object(shared.agents).a).toBe(previous.agents.a);
    expect(shared.agents).not.toBe(previous.agents);
  });

  it('keeps the lines of a log that rolled on', () => {
    const line = (n: number): JsonObject => ({ message: `line ${n}` });
    const previous = { logs: [1, 2, 3].map(line) };
    const { logs } = shareStructure(previous, { logs: [2, 3, 4].map(line) });
    if (!Array.isArray(logs)) throw new Error('no logs');
    expect(logs).toEqual([2, 3, 4].map(line));
    expect(logs[0]).toBe(previous.logs[1]);
    expect(logs[1]).toBe(previous.logs[2]);
  });

  it('leaves no way to an object’s prototype', () => {
    const next = JSON.parse('{"__proto__":{"polluted":true}}');
    const shared = shareStructure({}, next);
    expect(Object.hasOwn(shared, '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect(diff(shared, next)).toEqual({ patch: {} });
  });
});
