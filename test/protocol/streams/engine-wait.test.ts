import { describe, expect, it } from 'vitest';
import { settled } from '../../support/wait.ts';
import { instance, setUpStreams } from './set-up.ts';

describe('Before the engine has answered, a client', () => {
  it('waits, and gets its snapshot with the first answer', async (test) => {
    const { connectInstances, client, clock, answer } = setUpStreams(test);
    const stream = connectInstances();
    await client.requests.shift()?.fail();
    clock.advance(4999);
    await settled();
    expect(stream.frames()).toEqual([]);
    await answer([instance('a')]);
    expect(stream.types()).toEqual(['snapshot']);
    clock.advance(60_000);
    expect(stream.transport.closes).toEqual([]);
  });

  it('is told after 5 s that there is no engine, and closed: instances and logs alike', async (test) => {
    const { connectInstances, connectLog, clock } = setUpStreams(test);
    const streams = [
      connectInstances(),
      connectLog({ name: 'a', backlog: 100, holder: undefined }, undefined),
      connectLog({ name: '../x', backlog: 100, holder: undefined }, undefined),
    ];
    clock.advance(5000);
    await settled();
    for (const { frames, transport } of streams) {
      expect(frames()).toEqual([{ type: 'error', code: 'engine_unavailable', message: expect.any(String) }]);
      expect(transport.closes).toEqual(['unavailable']);
    }
  });

  it('waits for its own time, however long others have waited', async (test) => {
    const { connectInstances, clock, answer } = setUpStreams(test);
    const first = connectInstances();
    clock.advance(4000);
    const second = connectInstances();
    clock.advance(1000);
    await settled();
    expect([first.types(), second.types()]).toEqual([['error'], []]);
    await answer([]);
    expect(second.types()).toEqual(['snapshot']);
  });

  it('is told nothing more once it has left', async (test) => {
    const { connectInstances, clock, answer, log } = setUpStreams(test);
    const [left, other] = [connectInstances(), connectInstances()];
    left.transport.end();
    await answer([]);
    clock.advance(6000);
    await settled();
    expect([left.frames(), other.types()]).toEqual([[], ['snapshot']]);
    expect(log.entries.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('is counted among those sent away where it is still there, and only there', async (test) => {
    const { connectInstances, connectLog, clock, meter } = setUpStreams(test);
    const left = [connectInstances(), connectLog({ name: 'a', backlog: 1, holder: undefined }, undefined)];
    connectInstances();
    for (const { transport } of left) transport.end();
    clock.advance(5000);
    await settled();
    const labels = { edge: 'streams', reason: 'engine_unavailable' };
    expect(meter.value('bff_rejected_total', labels)).toBe(1);
  });

  it('has whoever listens hear when the polls begin to fail, and when they are well again', async (test) => {
    const { connectInstances, client, clock, answer, board } = setUpStreams(test);
    connectInstances();
    const heard: string[] = [];
    board.onChange((name, change) => heard.push(`${name} ${change}`));
    await client.requests.shift()?.fail();
    clock.advance(1000);
    await answer([]);
    expect(heard).toEqual(['instances turned', 'instances turned']);
    expect([board.states, board.lastAnswerAt]).toEqual([{}, clock.now()]);
  });

  it('is not told of an empty world by an answer of the wrong shape', async (test) => {
    const { connectInstances, clock, answer, log } = setUpStreams(test);
    const stream = connectInstances();
    await answer({ instances: [{ name: 'a', status: 'running', port: 'secret-port' }] });
    await settled();
    clock.advance(5000);
    await settled();
    expect(stream.frames()).toMatchObject([{ type: 'error', code: 'engine_unavailable' }]);
    expect(JSON.stringify(log.entries)).toContain('wrong shape');
    expect(JSON.stringify(log.entries)).not.toContain('secret-port');
  });

  it('does not hold what the engine said the last time, once nobody has looked for 30 s', async (test) => {
    const { connectInstances, clock, client, answer } = setUpStreams(test);
    const before = connectInstances();
    await answer([instance('a')]);
    before.transport.end();
    clock.advance(30_000);
    client.requests.length = 0;
    const after = connectInstances();
    await settled();
    expect(after.frames()).toEqual([]);
    await answer([instance('b')]);
    expect(after.frames()).toMatchObject([{ instances: [{ name: 'b' }] }]);
  });
});
