import { describe, expect, it } from 'vitest';
import { connectClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { useIn, waitFor } from '../support/wait.ts';

const connections = 2000;
const atOnce = 50;

describe('Clients that come and go', () => {
  it('leave nothing behind, whichever way they go', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { MAX_CONNECTIONS: `${atOnce + 10}` } }));
    const comeAndGo = async (number: number): Promise<void> => {
      const client = await connectClient(gateway.wsUrl);
      await client.nextOf('WELCOME');
      if (number % 3 === 0) client.socket.terminate();
      else client.socket.close();
      await client.closed;
    };
    const places = async (): Promise<number> => (await gateway.metrics()).value('bff_clients');
    for (let number = 0; number < connections; number += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, (_, index) => comeAndGo(number + index)));
      // The total limit is near: places that are not given back would end this loop with a 503.
      await waitFor('free places', async () => (await places()) === 0);
    }
    const metrics = await gateway.metrics();
    expect(metrics.value('bff_clients', { dialect: 'telemetry' })).toBe(0);
    expect(metrics.value('bff_connections_total', { dialect: 'telemetry' })).toBe(connections);
    expect(metrics.value('bff_packets_total', { type: 'WELCOME' })).toBe(connections);
    const lines = (message: string) => gateway.log.entries.filter((entry) => entry.message === message);
    expect(lines('Telemetry client connected')).toHaveLength(connections);
    expect(lines('Telemetry client disconnected')).toHaveLength(connections);
  });
});
