import { z } from 'zod';
import type { MessageKinds } from '../../serve/endpoint.ts';
import { haltMessage, pingMessage, resumeMessage, resyncMessage, subscribeMessage } from './schema.ts';

/** The telemetry packets as schemas; as types they stand in `wire/packet.ts`. */

const anyJson = z.unknown();
const seq = z.int().min(1).describe('Number of the version of the document');
const epoch = z
  .string()
  .describe('Random id of one life of the feed; positions of different epochs do not compare');
const document = z.record(z.string(), anyJson).describe('The telemetry document, or the sections asked for');
const change = {
  base: z.int().describe('The version that this is a change of'),
  patch: z.record(z.string(), anyJson).describe('RFC 7396 merge patch'),
  append: z
    .record(z.string(), z.object({ drop: z.int().min(0), add: z.array(anyJson) }))
    .optional()
    .describe('Rolling top-level arrays: drop so many from the front, add these at the end'),
};
const granted = z.object({
  mode: z.enum(['full', 'delta']),
  encoding: z.enum(['json', 'msgpack']),
  interval: z.union([z.int(), z.literal('pause')]).describe('Milliseconds, or urgent news only'),
  sections: z.array(z.string()).optional(),
  symbol: z.string().optional(),
  role: z.enum(['viewer', 'operator']),
  commands: z.boolean(),
});
const requestId = z.string().optional();

const welcome = z.union([
  z.object({ type: z.literal('WELCOME'), seq, epoch, granted, data: document }),
  z.object({ type: z.literal('WELCOME'), seq, epoch, granted, ...change }),
]);
const telemetry = z.object({ type: z.literal('TELEMETRY'), seq, epoch: epoch.optional(), data: document });
const delta = z.object({ type: z.literal('DELTA'), seq, ...change });
const pong = z.object({
  type: z.literal('PONG'),
  t: anyJson,
  server_time: z.iso.datetime(),
  state: z
    .enum(['fresh', 'stale', 'down'])
    .optional()
    .describe('Status of the source `state` of the document that the client sees'),
});
const ack = z.object({
  type: z.literal('ACK'),
  command: z.enum(['SUBSCRIBE', 'HALT', 'RESUME']),
  requestId,
  granted: granted.optional(),
  result: anyJson.optional().describe("The engine's own answer"),
});
const error = z.object({
  type: z.literal('ERROR'),
  command: z.string().optional(),
  requestId,
  effect: z
    .enum(['none', 'unknown'])
    .optional()
    .describe('Of HALT and RESUME: whether it may have been carried out all the same'),
  code: z
    .string()
    .describe('Stable, such as BAD_OPTION, LIMIT, UNKNOWN_SYMBOL, FORBIDDEN, ENGINE_UNREACHABLE'),
  message: z.string().describe('For people'),
});

/** What clients may say. */
export const hears = {
  PING: { summary: 'Keepalive, and round trip where it carries t', schema: pingMessage },
  RESYNC: { summary: 'Asks for a full TELEMETRY', schema: resyncMessage },
  SUBSCRIBE: { summary: 'Changes the options of the view', schema: subscribeMessage },
  HALT: { summary: 'Halts the engine (operators)', schema: haltMessage },
  RESUME: { summary: 'Resumes the engine (operators)', schema: resumeMessage },
};

/** What they are sent. */
export const tells: MessageKinds = {
  WELCOME: { summary: 'The first frame: the whole document, or what changed since', schema: welcome },
  TELEMETRY: { summary: 'The document after a change', schema: telemetry },
  DELTA: { summary: 'What changed', schema: delta },
  PONG: { summary: 'Answer to a PING with t', schema: pong },
  ACK: { summary: 'A command was carried out', schema: ack },
  ERROR: { summary: 'A command was refused or failed', schema: error },
};
