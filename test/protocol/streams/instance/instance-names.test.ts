import { describe, expect, it } from 'vitest';
import { instance, setUpStreams } from '../set-up.ts';

describe('An instance', () => {
  it.for(['__proto__', 'constructor', 'toString', '0', '..', 'mit Leerzeichen', 'é'])(
    'may be named %s',
    async (name, test) => {
      const { connectInstances, answer, instanceEvent, clock } = setUpStreams(test);
      const client = connectInstances();
      await answer([instance('a'), instance(name)]);
      const timestamp = '2026-02-20T01:23:45Z';
      const stopped = { type: 'status_changed', name, status: 'stopped', pid: null, timestamp };
      instanceEvent(stopped);
      clock.advance(1000);
      await answer([instance('a'), instance(name, { status: 'stopped', pid: null })]);
      clock.advance(1000);
      await answer([instance('a')]);
      expect(client.frames()).toMatchObject([
        { instances: [{ name: 'a' }, { name }] },
        stopped,
        { type: 'instance_deleted', name },
      ]);
    },
  );

  it.for(['7', '-1', '8389765489680951453'])(
    'may be named by the number %s, in polls and events',
    async (digits, test) => {
      const { connectInstances, answer, instanceEvent, clock } = setUpStreams(test);
      const client = connectInstances();
      const listed = (more = {}): string =>
        JSON.stringify([instance('a'), instance('NAME', more)]).replace('"NAME"', digits);
      await answer(listed());
      instanceEvent(`{"type":"status_changed","name":${digits},"status":"stopped","pid":null}`);
      clock.advance(1000);
      await answer(listed({ status: 'stopped', pid: null }));
      expect(client.frames()).toMatchObject([
        { instances: [{ name: 'a' }, { name: digits, pid: 7 }] },
        { type: 'status_changed', name: digits, status: 'stopped' },
      ]);
    },
  );
});
