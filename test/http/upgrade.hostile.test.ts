import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HttpServer } from '../../src/http/server.ts';
import { UpgradeRouter } from '../../src/http/upgrade.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { anyone } from '../support/principals.ts';
import { handshake } from '../support/raw-socket.ts';
import { waitFor } from '../support/wait.ts';
import { anyNumber, routerFor } from './http-set-up.ts';

describe('A client that does not read why its handshake is refused', () => {
  it('does not keep the socket', async (test) => {
    const { router, log } = routerFor();
    router.get('/large', (context) => context.text('x'.repeat(64 * 1024)));
    const upgrades = new UpgradeRouter({
      access: { enter: async () => anyone },
      ...{ log, meter: createMemoryMeter(), refusalTimeoutMs: 100 },
    });
    let refused = 0;
    let closed = 0;
    const blocked: Pick<UpgradeRouter, 'handle'> = {
      handle(request, socket, head) {
        refused += 1;
        socket.once('close', () => {
          closed += 1;
        });
        // The kernel has taken all that it takes for a client that does not read.
        while (socket.write(Buffer.alloc(1024 * 1024)));
        upgrades.handle(request, socket, head);
      },
    };
    const server = new HttpServer(router, blocked, log, { port: 0, host: '127.0.0.1', places: anyNumber });
    const port = await server.listen();
    test.onTestFinished(() => server.close());
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    test.onTestFinished(() => void socket.destroy());
    socket.pause().write(handshake('/nowhere'));
    await waitFor('the refusal', () => refused === 1);
    await waitFor('the end', () => closed === 1);
    expect(refused).toBe(1);
  });
});
