import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';

describe('MemoryEvents', () => {
  it('hands a message to the listener of its channel, in the same turn and as bytes', () => {
    const events = new MemoryEvents();
    const received: Buffer[] = [];
    events.subscribe('state_update', (message) => received.push(message));
    events.start();
    events.publish('state_update', '{"regime":"Lévy"}');
    expect(received).toEqual([Buffer.from('{"regime":"Lévy"}')]);
  });

  it('keeps the order, and channels apart', () => {
    const events = new MemoryEvents();
    const received: string[] = [];
    events.subscribe('a', (message) => received.push(`a${message.toString()}`));
    events.subscribe('b', (message) => received.push(`b${message.toString()}`));
    for (const [channel, text] of [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
      ['a', '4'],
    ] as const) {
      events.publish(channel, text);
    }
    expect(received).toEqual(['a1', 'b2', 'a4']);
  });

  it('is silent once it is closed', async () => {
    const events = new MemoryEvents();
    const received: Buffer[] = [];
    events.subscribe('a', (message) => received.push(message));
    await events.close();
    events.publish('a', '1');
    expect(received).toEqual([]);
  });
});
