import { describe, expect, it } from 'vitest';
import {
  type EngineSource,
  engineSources,
  Ownership,
} from '../../../../src/protocol/telemetry/document/ownership.ts';
import { second, setUpAggregate, state } from './aggregate-set-up.ts';

const risk: EngineSource = { name: 'risk', path: '/api/risk', into: 'risk' };
const desk: EngineSource = { name: 'desk', path: '/api/desk' };
const floor: EngineSource = { name: 'floor', path: '/api/floor' };

describe('Ownership', () => {
  it('knows who speaks for which key', () => {
    const ownership = new Ownership([...engineSources, risk]);
    const owners = ['agents', 'models', 'risk', 'sources', 'market', 'anything', 'toString'].map((key) =>
      ownership.ownerOf(key),
    );
    expect(owners).toEqual(['agents', 'models', 'risk', 'gateway', 'state', 'state', 'state']);
  });

  it('tells what of a partial document is whose', () => {
    const ownership = new Ownership([...engineSources, risk]);
    const market = { price: 1 };
    expect(ownership.ownPart('state', { market, risk: {}, agents: {}, note: 'x' })).toEqual({
      market,
      note: 'x',
    });
    const own = { market };
    expect(ownership.ownPart('state', own)).toBe(own);
  });

  it('replaces nothing in the document it is given', () => {
    const ownership = new Ownership([...engineSources]);
    const document = Object.freeze({ market: Object.freeze({ price: 1 }), old: 1 });
    expect(ownership.replace(document, 'state', { market: { price: 2 } })).toEqual({ market: { price: 2 } });
  });
});

describe('A further source', () => {
  it('fills the section it names, with an object or an array', () => {
    const subject = setUpAggregate([risk]);
    subject.poll({ var: 1 }, 'risk');
    expect(subject.section('risk')).toEqual({ var: 1 });
    subject.poll([1, 2], 'risk');
    expect(subject.section('risk')).toEqual([1, 2]);
  });

  it('keeps its section where the state has one of the same name', () => {
    const subject = setUpAggregate([risk]);
    subject.poll({ var: 1 }, 'risk');
    subject.poll({ ...state, risk: { var: 'from the state' } });
    expect(subject.section('risk')).toEqual({ var: 1 });
  });

  it('brings top-level keys where it names no section, and drops those it no longer brings', () => {
    const subject = setUpAggregate([desk]);
    subject.poll({ desk: 'NY', limit: 5 }, 'desk');
    subject.poll(state);
    expect(subject.document).toMatchObject({ ...state, desk: 'NY', limit: 5 });
    subject.poll({ limit: 6 }, 'desk');
    expect(subject.document).not.toHaveProperty('desk');
    expect(subject.section('limit')).toBe(6);
  });

  it('has no say in what the page documents', () => {
    const subject = setUpAggregate([desk]);
    subject.poll(state);
    const intruder = { timestamp: second(99), status: 'HALT', market: { price: 0 }, agents: {}, sources: {} };
    subject.poll({ ...intruder, desk: 'NY' }, 'desk');
    expect(subject.document).toMatchObject({ ...state, desk: 'NY' });
    expect(subject.refused('sources_key', 'poll')).toBe(1);
    subject.poll({ ...state, timestamp: second(1) });
    expect(subject.section('timestamp')).toBe(second(1));
  });

  it('leaves a key to the one that claimed it first', () => {
    const subject = setUpAggregate([desk, floor]);
    subject.poll({ limit: 1 }, 'desk');
    subject.poll({ limit: 2, floor: 3 }, 'floor');
    expect(subject.document).toMatchObject({ limit: 1, floor: 3 });
  });

  it('gives a key back to the state when its last answer has it no more', () => {
    const subject = setUpAggregate([desk]);
    subject.poll({ limit: 1 }, 'desk');
    subject.poll({}, 'desk');
    subject.poll({ ...state, limit: 2 });
    expect(subject.section('limit')).toBe(2);
  });

  it('is protected by events as any other', () => {
    const subject = setUpAggregate([risk]);
    subject.poll({ var: 1 }, 'risk');
    const answer = subject.start('risk');
    subject.event({ risk: { var: 2 } });
    subject.poll(state);
    answer({ var: 1 });
    expect(subject.section('risk')).toEqual({ var: 2 });
    subject.poll({ var: 3 }, 'risk');
    expect(subject.section('risk')).toEqual({ var: 3 });
  });

  it.each([5, 'x', null, [1]])('fails where it names no section and answers %j', (body) => {
    const subject = setUpAggregate([desk]);
    expect(() => subject.read('desk', JSON.stringify(body))).toThrow('the answer is not an object');
  });
});
