import { describe, expect, it } from 'vitest';
import type { ViewChange } from '../../src/client/index.ts';
import { Pause } from '../../src/dashboard/model/pause.ts';
import { connectToFake } from '../client/fake-gateway.ts';
import { createManualClock } from '../support/manual-clock.ts';

const plain = { mode: 'full', encoding: 'json', sections: null, symbol: null } as const;

/** A page that is shown and hidden, with a gateway that grants what is asked for unless it is told otherwise. */
function setUp(interval: number) {
  const clock = createManualClock();
  const asked: ViewChange[] = [];
  const scene = { isHidden: false, refuses: false };
  let wanted: number | 'pause' = interval;
  const status = { state: 'live', reason: '', transport: 'websocket', since: 0 } as const;
  const pause = new Pause({
    client: {
      status,
      get wanted() {
        return { ...plain, interval: wanted };
      },
      setOptions(change) {
        asked.push(change);
        if (scene.refuses) return Promise.reject(new Error('LIMIT'));
        wanted = change.interval ?? wanted;
        return Promise.resolve(undefined);
      },
    },
    isHidden: () => scene.isHidden,
    interval,
    after: (ms, task) => clock.after(ms, task),
  });
  const turn = async (isHidden: boolean): Promise<void> => {
    scene.isHidden = isHidden;
    pause.update();
    await Promise.resolve();
  };
  return { pause, clock, asked, scene, turn, choose: (next: number) => (wanted = next) };
}

describe('The view of a page', () => {
  it('is paused while it is hidden, and then what it was', async () => {
    const { asked, turn, pause } = setUp(500);
    await turn(true);
    await turn(true);
    expect(pause.ownOf('pause')).toBe(500);
    await turn(false);
    expect(asked).toEqual([{ interval: 'pause' }, { interval: 500 }]);
  });

  it('has the interval that was chosen last', async () => {
    const { asked, turn, choose } = setUp(0);
    choose(2000);
    await turn(true);
    await turn(false);
    expect(asked.at(-1)).toEqual({ interval: 2000 });
  });

  it('is asked for again until it is granted, as long as somebody looks', async () => {
    const { asked, turn, scene, clock } = setUp(0);
    await turn(true);
    scene.refuses = true;
    await turn(false);
    expect(clock.timers).toBe(1);
    clock.advance(1000);
    await Promise.resolve();
    expect(asked).toHaveLength(3);
    scene.refuses = false;
    clock.advance(1000);
    await Promise.resolve();
    expect([asked.length, asked.at(-1), clock.timers]).toEqual([4, { interval: 0 }, 0]);
  });

  it('is not asked for again and again where a pause is refused', async () => {
    const { asked, turn, scene, clock } = setUp(0);
    scene.refuses = true;
    await turn(true);
    expect([asked.length, clock.timers]).toEqual([1, 0]);
  });

  it('is whole on the next connection where the page is shown while there is none', async () => {
    const fake = await connectToFake({ interval: Pause.firstInterval(true, 250) });
    expect(new URL(fake.socket.url).searchParams.get('interval')).toBe('pause');
    fake.socket.end();
    const pause = new Pause({ client: fake.client, isHidden: () => false, interval: 250, after: () => {} });
    pause.update();
    await fake.advance(2000);
    expect(new URL(fake.socket.url).searchParams.get('interval')).toBe('250');
  });
});
