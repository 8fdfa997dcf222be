import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { Relay } from '../../src/http/relay.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { waitFor } from '../support/wait.ts';

const kibibyte = 1024;
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The body of an answer that the engine sends on as it is taken, and a client that reads when told to. */
function setUp(chunks: number) {
  const clock = createManualClock();
  let sent = 0;
  const body = new Readable({
    highWaterMark: 64 * kibibyte,
    read() {
      sent += 1;
      this.push(sent > chunks ? null : Buffer.alloc(64 * kibibyte, sent));
    },
  });
  const cut = vi.fn();
  const taken = vi.fn();
  const stalled = vi.fn();
  const relay = new Relay(
    body,
    { destroy: cut },
    {
      clock,
      stallMs: 30_000,
      maxAheadBytes: 256 * kibibyte,
      onTaken: taken,
      onStalled: stalled,
    },
  );
  const reader = relay.stream.getReader();
  return {
    clock,
    body,
    relay,
    reader,
    sent: () => sent,
    cuts: () => cut.mock.calls.length,
    taken: () => taken.mock.calls.length,
    stalls: () => stalled.mock.calls.length,
  };
}

describe('Relay', () => {
  it('takes an answer of 256 KiB at most before anybody reads it, and no more of a longer one', async () => {
    const small = setUp(3);
    await waitFor('the engine to be rid of it', () => small.taken() > 0);
    const large = setUp(1000);
    await waitFor('what fits', () => large.sent() >= 4);
    for (let turn = 0; turn < 20; turn += 1) await settled();
    expect(large.sent()).toBeLessThanOrEqual(6);
    expect(large.taken()).toBe(0);
    large.relay.end();
    await waitFor('the connection to be let go', () => large.taken() > 0);
  });

  it('passes on every byte, in order', async () => {
    const { reader, cuts } = setUp(20);
    const bytes: number[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes.push(...value);
    }
    expect(bytes.length).toBe(20 * 64 * kibibyte);
    expect(bytes.every((byte, index) => byte === 1 + Math.floor(index / (64 * kibibyte)))).toBe(true);
    expect(cuts()).toBe(0);
  });

  it('cuts a reader that takes nothing for 30 s, however little it took before', async () => {
    const { clock, reader, cuts, stalls } = setUp(20);
    for (let turn = 0; turn < 5; turn += 1) {
      clock.advance(29_000);
      await reader.read();
    }
    expect(cuts()).toBe(0);
    clock.advance(29_999);
    expect(cuts()).toBe(0);
    clock.advance(1);
    expect([cuts(), stalls()]).toEqual([1, 1]);
  });

  it('does not hold against a reader that the engine says nothing', async () => {
    const clock = createManualClock();
    const cut = vi.fn();
    const body = new Readable({ read() {} });
    const relay = new Relay(
      body,
      { destroy: cut },
      { clock, stallMs: 30_000, maxAheadBytes: 10, onTaken() {}, onStalled() {} },
    );
    const read = relay.stream.getReader().read();
    await settled();
    clock.advance(600_000);
    body.push('x');
    expect((await read).value).toEqual(Buffer.from('x'));
    expect([cut.mock.calls.length, clock.timers]).toEqual([0, 1]);
    relay.end();
    expect(clock.timers).toBe(0);
  });

  it('cuts the client off where the engine ends too early, so that nothing looks complete', async () => {
    const { body, cuts, taken } = setUp(1000);
    body.destroy(new Error('other side closed'));
    await waitFor('the cut', () => cuts() === 1);
    expect(taken()).toBeGreaterThan(0);
  });
});
