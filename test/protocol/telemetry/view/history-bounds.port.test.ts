import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../../../src/deliver/keepalive.ts';
import { refusalOf } from '../../../support/client.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { type TestScope, waitFor, within } from '../../../support/wait.ts';

const target = '/api/telemetry/history?seconds=600&step=0';
const answers = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('data', () => resolve()));

/** A gateway with more history than the buffers between it and a client hold, and clients that do not read it. */
async function setUp(test: TestScope, { slowAfterMs = keepaliveDefaults.slowAfterMs, places = 2 } = {}) {
  const scene = await setUpViews(test, {
    settings: { MAX_CONNECTIONS: `${places}`, HISTORY_MAX_BYTES: `${64 * 1024 * 1024}` },
    keepalive: { ...keepaliveDefaults, slowAfterMs },
  });
  for (let number = 0; number < 40; number += 1) {
    scene.publish({ number, padding: `${number}`.repeat(250_000) });
  }
  return {
    ...scene,
    async stall(): Promise<Socket> {
      const socket = connect(scene.gateway.port, '127.0.0.1');
      test.onTestFinished(() => void socket.destroy());
      socket.on('error', () => {}).write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await within('the first bytes', answers(socket));
      socket.pause();
      return socket;
    },
    get: () => fetch(`${scene.gateway.url}${target}`),
  };
}

describe.concurrent('Readers of the history', () => {
  it('count as connections while they read, whatever else connects', async (test) => {
    const { gateway, stall, get, openStream } = await setUp(test);
    const readers = await Promise.all([stall(), stall()]);
    const refused = await get();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await refused.json()).toMatchObject({ code: 'AT_CAPACITY' });
    expect((await refusalOf(gateway.wsUrl)).status).toBe(503);
    await expect(openStream()).rejects.toThrow('503');
    for (const reader of readers) reader.destroy();
    // Given back with them, and then with each answer.
    for (let count = 0; count < 5; count += 1) {
      await waitFor('a place', async () => {
        const answer = await get();
        await answer.arrayBuffer();
        return answer.status === 200;
      });
    }
  });

  it('are sent away when they take nothing for as long as a slow client is borne', async (test) => {
    const { stall, get } = await setUp(test, { slowAfterMs: 300, places: 1 });
    const stalled = await stall();
    const closed = new Promise((resolve) => stalled.once('close', resolve));
    await waitFor('its place', async () => {
      const { status, body } = await get();
      await body?.cancel();
      return status === 200;
    });
    let text = '';
    stalled.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
    stalled.resume();
    await within('the end', closed);
    // The last piece of a body in chunks (RFC 9112 §7.1) never came.
    expect(text.endsWith('\r\n0\r\n\r\n')).toBe(false);
  });

  it('use up no place by asking how long it is', async (test) => {
    const { gateway } = await setUp(test, { places: 1 });
    for (let count = 0; count < 5; count += 1) {
      await waitFor('a place', async () => {
        const { status } = await fetch(`${gateway.url}${target}`, { method: 'HEAD' });
        return status === 200;
      });
    }
  });
});
