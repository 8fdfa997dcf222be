import { connect } from 'node:net';
import type { JsonObject } from '../../../src/core/json.ts';
import { connectClient, type Packet, valueAt } from '../../support/client.ts';
import { waitFor } from '../../support/wait.ts';
import type { Trigger } from './trigger.ts';

/** Of each packet's JSON, but for a few. */
const packetBytes = 3000;
const tolerance = 5;
const answerMs = 500;

/** How large the notes of an event have to be, and the packet that the gateway then makes of it. */
export interface Calibration {
  readonly notesBytes: number;
  readonly packet: Packet;
}

/** Publishes events with notes of different sizes until the gateway's packet is of the size that all should have. */
export async function calibrate(
  gatewayPort: number,
  triggerWith: (notesBytes: number) => Trigger,
): Promise<Calibration> {
  const client = await connectClient(`ws://127.0.0.1:${gatewayPort}`);
  let notesBytes = 0;
  const state = () => ({ notesBytes, packets: client.packets.map(({ type, bytes }) => [type, bytes]) });
  const calibrated = async (): Promise<Calibration | undefined> => {
    await pull(triggerWith(notesBytes));
    // None comes before the gateway has subscribed; and others come, of a poll or of the event before.
    const packet = await client
      .next(({ data }) => holdsNotes(data, notesBytes), answerMs)
      .catch(() => undefined);
    if (packet === undefined) return undefined;
    const excess = packet.bytes - packetBytes;
    if (Math.abs(excess) <= tolerance) return { notesBytes, packet };
    notesBytes = Math.max(0, notesBytes - excess);
    return undefined;
  };
  try {
    return await waitFor(`a packet of ${packetBytes} bytes`, calibrated, { state });
  } finally {
    await client.stop();
  }
}

function holdsNotes(document: JsonObject, bytes: number): boolean {
  const notes = valueAt(document, 'notes');
  return typeof notes === 'string' && notes.length === bytes;
}

function pull({ port, bytes }: Trigger): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', reject);
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
  });
}
