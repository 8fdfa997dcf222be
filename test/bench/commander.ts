import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { type Resource, within } from '../support/wait.ts';
import { monotonicMs } from './monotonic.ts';
import { readHead } from './packet-head.ts';
import { RawClient } from './raw-client.ts';

export interface Reply {
  readonly packet: JsonObject;
  /** When the message was written, ms of the clock that all processes share. */
  readonly sentAt: number;
  /** From the write of the message to the last byte of the answer. */
  readonly tookMs: number;
}

/** A client that sends commands, one at a time, and gets all the telemetry that others get. */
export interface Commander extends Resource {
  /** Resolves with the ACK, ERROR or PONG. */
  ask(message: JsonObject): Promise<Reply>;
}

/** Resolves when the client has its WELCOME. */
export async function startCommander(port: number): Promise<Commander> {
  let answered: (reply: { packet: JsonObject; at: number }) => void = () => {};
  let failed: (error: Error) => void = () => {};
  const next = () =>
    new Promise<{ packet: JsonObject; at: number }>((resolve, reject) => {
      answered = resolve;
      failed = reject;
    });
  const welcome = next();
  const client = new RawClient(port, {
    onPacket(bytes, start, end) {
      const at = monotonicMs();
      if (readHead(bytes, start).telemetry) return;
      const packet: unknown = JSON.parse(bytes.toString('utf8', start, end));
      if (isJsonObject(packet)) answered({ packet, at });
    },
    onEnd: (code) => failed(new Error(`the commanding client was closed with ${code}`)),
  });
  await within('WELCOME of the commanding client', welcome);
  return {
    async ask(message) {
      const reply = next();
      const sentAt = monotonicMs();
      client.send(JSON.stringify(message));
      const { packet, at } = await within(`the answer to ${message.type}`, reply);
      return { packet, sentAt, tookMs: at - sentAt };
    },
    stop: () => client.stop(),
  };
}
