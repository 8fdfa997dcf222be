import { describe, expect, it } from 'vitest';
import { answerPacket } from '../../../../src/protocol/telemetry/command/order.ts';
import { operator } from '../../../support/principals.ts';
import type { TestScope } from '../../../support/wait.ts';
import { setUpCommands } from './set-up.ts';

const sender = { principal: operator, transport: 'websocket' } as const;

async function setUp(test: TestScope) {
  const { commands, ...parts } = await setUpCommands(test);
  return {
    ...parts,
    /** Resolves to what its sender is told. */
    async give(type: 'HALT' | 'RESUME', connectionId: string, requestId = 'one', subject = 'ann') {
      const message = { type, requestId };
      const principal = { ...operator, subject };
      return answerPacket(message, await commands.run(message, { ...sender, connectionId, principal }));
    },
  };
}

describe('A command given twice with the same requestId', () => {
  it.for(['HALT', 'RESUME'] as const)('is carried out once, and told to both: %s', async (command, test) => {
    const { engine, give, audits } = await setUp(test);
    const first = give(command, 'socket');
    const request = await engine.next(command);
    const second = give(command, 'http');
    request.answer(200, '{"ok":true,"by":"the first"}');
    const told = { type: 'ACK', command, requestId: 'one', result: { ok: true, by: 'the first' } };
    expect(await Promise.all([first, second])).toEqual([told, told]);
    expect(await give(command, 'a third way')).toEqual(told);
    expect(engine.received).toHaveLength(1);
    expect(audits().map(({ fields }) => fields.repetition)).toEqual([undefined, true, true]);
  });

  it('is carried out for each of two operators, a HALT of one of them as one', async (test) => {
    const { engine, give } = await setUp(test);
    engine.handle((request) => request.answer());
    await give('RESUME', 'c1');
    await give('RESUME', 'c2', 'one', 'bob');
    expect(engine.received).toHaveLength(2);
  });
});

describe('A HALT with the id of an earlier one', () => {
  it.for<[string, (parts: Awaited<ReturnType<typeof setUp>>) => Promise<unknown> | undefined]>([
    ['after a RESUME', ({ give }) => give('RESUME', 'c2', 'two')],
    ['after the engine said that it is running', ({ polls }) => void polls.answer('ACTIVE')],
    ['after 3 s', ({ clock }) => void clock.advance(3000)],
  ])('is carried out again %s', async ([, happen], test) => {
    const parts = await setUp(test);
    parts.engine.handle((request) => request.answer());
    await parts.give('HALT', 'c1');
    await happen(parts);
    expect(await parts.give('HALT', 'c3')).toMatchObject({ type: 'ACK' });
    expect(parts.engine.received.filter(({ path }) => path.endsWith('halt'))).toHaveLength(2);
  });

  it('is carried out again by the same connection', async (test) => {
    const { engine, give } = await setUp(test);
    engine.handle((request) => request.answer());
    await give('HALT', 'c1');
    await give('HALT', 'c1');
    expect(engine.received).toHaveLength(2);
  });

  it('is carried out again where the earlier one was refused', async (test) => {
    const { engine, give } = await setUp(test);
    engine.handle((request) => request.answer(403, '{}'));
    expect(await give('HALT', 'c1')).toMatchObject({ type: 'ERROR', effect: 'none' });
    engine.handle((request) => request.answer());
    expect(await give('HALT', 'c2')).toMatchObject({ type: 'ACK' });
  });
});

describe('A HALT with the id of one that was acknowledged, while a RESUME is under way', () => {
  it('is carried out, and cancels the RESUME', async (test) => {
    const { engine, give } = await setUp(test);
    const halted = give('HALT', 'c1');
    (await engine.next('HALT')).answer();
    await halted;
    const resumed = give('RESUME', 'c2', 'two');
    await engine.next('RESUME');
    const again = give('HALT', 'c3');
    (await engine.next('HALT')).answer();
    expect(await again).toMatchObject({ type: 'ACK' });
    expect(await resumed).toMatchObject({ code: 'SUPERSEDED' });
  });
});

describe('A RESUME with the id of an earlier one', () => {
  it('is refused after a HALT', async (test) => {
    const { engine, give } = await setUp(test);
    engine.handle((request) => request.answer());
    await give('RESUME', 'c1');
    await give('HALT', 'c1', 'two');
    const refused = { type: 'ERROR', code: 'SUPERSEDED', effect: 'none' };
    expect(await give('RESUME', 'c2')).toMatchObject(refused);
    expect(engine.received).toHaveLength(2);
  });

  it('is carried out where the earlier one had certainly no effect', async (test) => {
    const { engine, give, state } = await setUp(test);
    state.fresh = false;
    expect(await give('RESUME', 'c1')).toMatchObject({ code: 'STALE', effect: 'none' });
    state.fresh = true;
    engine.handle((request) => request.answer());
    expect(await give('RESUME', 'c1')).toMatchObject({ type: 'ACK' });
  });
});
