import { expect } from 'vitest';
import type { Packet } from './client.ts';
import { createMirror } from './mirror.ts';
import type { setUpViews } from './view-set-up.ts';
import { waitFor } from './wait.ts';

type Scene = Awaited<ReturnType<typeof setUpViews>>;

/** What a client held when it left. */
export async function visit(scene: Scene, query: string, price: number) {
  const client = await scene.connect(query);
  await client.nextOf('WELCOME');
  const symbol = query.includes('QQQ') ? 'QQQ' : 'SPY';
  await waitFor('the state', () => client.packets.some(({ text }) => text.includes('"ACTIVE"')));
  scene.publish({ market: { symbol, price } });
  await client.next(({ text }) => text.includes(`"price":${price}`));
  const mirror = createMirror();
  for (const packet of client.packets) mirror.take(packet);
  client.socket.close();
  await client.closed;
  const [epoch = '', seq = ''] = mirror.since.split('-');
  return { document: mirror.document, since: mirror.since, epoch, seq: Number(seq) };
}

export function expectWhole(welcome: Packet): void {
  expect(welcome.type).toBe('WELCOME');
  expect(welcome.body).not.toHaveProperty('patch');
  expect(welcome.data).toHaveProperty('status');
}
