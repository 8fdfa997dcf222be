import { describe, expect, it } from 'vitest';
import type { PollLane } from '../../src/source/engine-client.ts';
import { type TestScope, waitFor, within } from '../support/wait.ts';
import { useEngine } from './engine-server.ts';

const never = new AbortController().signal;

/** An engine that does not answer what leads to `/hang`. */
async function setUp(test: TestScope) {
  const { engine, client } = await useEngine(test, (request, response) => {
    if (request.url !== '/hang') response.end('{}');
  });
  const aborts: AbortController[] = [];
  const giveUp = (): void => aborts.forEach((abort) => void abort.abort());
  test.onTestFinished(giveUp);
  const hanging = (): number => engine.requests.filter(({ url }) => url === '/hang').length;
  return {
    client,
    giveUp,
    hanging,
    /** Asks so often, and waits until so many of all that hang have got through to the engine. */
    async hang(times: number, lane: PollLane | 'others', reached: number) {
      for (let count = 0; count < times; count += 1) {
        const abort = new AbortController();
        aborts.push(abort);
        const ask =
          lane === 'others' ? client.ask('/hang', abort.signal) : client.get('/hang', abort.signal, lane);
        ask.catch(() => {});
      }
      await waitFor('the requests', () => hanging() >= reached);
    },
  };
}

describe('EngineClient lanes', () => {
  it.for<[PollLane | 'others', number]>([
    ['symbols', 16],
    ['others', 16],
    ['sources', 40],
  ])(
    'have %s that hang, %i of them at a time, keep nothing from the sources',
    async ([lane, atOnce], test) => {
      const { client, hang, hanging } = await setUp(test);
      await hang(40, lane, atOnce);
      for (let poll = 0; poll < 3; poll += 1) {
        expect(await within('an answer', client.get('/state', never), 2000)).toBe('{}');
      }
      expect(hanging()).toBe(atOnce);
    },
  );

  it('keep what hangs for clients from the symbols, and the other way round', async (test) => {
    const { client, hang } = await setUp(test);
    await hang(40, 'others', 16);
    expect(await within('a symbol', client.get('/state?symbol=A', never, 'symbols'), 2000)).toBe('{}');
    await hang(40, 'symbols', 32);
    expect(await within('a poll', client.get('/state', never), 2000)).toBe('{}');
  });

  it('go on where what hung is given up', async (test) => {
    const { client, giveUp, hang } = await setUp(test);
    await hang(40, 'others', 16);
    giveUp();
    expect(await within('an answer', client.ask('/messages', never))).toMatchObject({ status: 200 });
  });
});
