import { z } from 'zod';
import type { JsonValue } from '../../core/json.ts';
import { ignoredNames } from '../../core/option-names.ts';
import type { MessageKinds } from '../../serve/endpoint.ts';
import type {
  AckPacket,
  DeltaPacket,
  ErrorPacket,
  PongPacket,
  TelemetryPacket,
  WelcomePacket,
} from '../../wire/packet.ts';
import { viewOptionShape } from './view/options.ts';

/**
 * The messages of the dialect. What clients may say is declared here: the same schemas parse it and describe it in
 * `/asyncapi.json`. What they are sent is declared in `wire/packet.ts`, which browsers read too, and only described
 * here: by schemas of the very types, as `satisfies` makes sure.
 */

const requestId = z.string().max(128).optional().describe('Echoed in the answer');
/** Any JSON value: what reaches a schema was parsed from JSON. */
const json = z.custom<JsonValue>();

const pingMessage = z
  .object({ type: z.literal('PING'), t: json.optional() })
  .describe('Keepalive. Silent, unless it carries t: then PONG echoes it');
const resyncMessage = z.object({ type: z.literal('RESYNC') }).describe('Asks for a full TELEMETRY');
const subscribeShape = {
  type: z.literal('SUBSCRIBE'),
  requestId,
  ...viewOptionShape,
  sections: viewOptionShape.sections.nullable(),
  symbol: viewOptionShape.symbol.nullable(),
};
const subscribeKeys = Object.keys(subscribeShape);
const subscribeMessage = z
  .looseObject(subscribeShape)
  .describe(
    'Changes the options given and keeps the others; null for sections: all, for symbol: the default document',
  )
  .transform((message, { issues }) => {
    // An option, but of a connection: what follows here is never a difference from some position.
    const ignored = Object.hasOwn(message, 'since')
      ? 'since: expected in the query of the connection only'
      : ignoredNames(Object.keys(message), subscribeKeys);
    if (typeof ignored !== 'string') return { ...message, ignored };
    issues.push({ code: 'unrecognized_keys', keys: [], message: ignored, input: message });
    return z.NEVER;
  });
/** Cut rather than refused: a HALT must not fail for its reason or id. */
const bounded = (max: number) =>
  z
    .string()
    .transform((text) => text.slice(0, max))
    .optional()
    .catch(undefined);
const commandFields = {
  reason: bounded(500).describe('For the audit log; 500 characters'),
  requestId: bounded(128).describe('Echoed in the answer; 128 characters'),
};
export const haltMessage = z
  .object({ type: z.literal('HALT'), ...commandFields })
  .describe('Halts the engine');
export const resumeMessage = z.object({ type: z.literal('RESUME'), ...commandFields }).describe('Resumes it');

/** What clients may say. */
export const telemetryHears = {
  PING: { summary: 'Keepalive, and round trip where it carries t', schema: pingMessage },
  RESYNC: { summary: 'Asks for a full TELEMETRY', schema: resyncMessage },
  SUBSCRIBE: { summary: 'Changes the options of the view', schema: subscribeMessage },
  HALT: { summary: 'Halts the engine (operators)', schema: haltMessage },
  RESUME: { summary: 'Resumes the engine (operators)', schema: resumeMessage },
};

export type CommandMessage = z.infer<typeof haltMessage> | z.infer<typeof resumeMessage>;
export type SubscribeMessage = z.infer<typeof subscribeMessage>;

const seq = z.int().min(1).describe('Number of the version of the document');
const epoch = z
  .string()
  .describe('Random id of one life of the feed; positions of different epochs do not compare');
const document = z.record(z.string(), json).describe('The telemetry document, or the sections asked for');
const change = {
  base: z.int().describe('The version that this is a change of'),
  patch: z.record(z.string(), json).describe('RFC 7396 merge patch'),
  append: z
    .record(z.string(), z.object({ drop: z.int().min(0), add: z.array(json) }))
    .exactOptional()
    .describe('Rolling top-level arrays: drop so many from the front, add these at the end'),
};
const granted = z.object({
  mode: z.enum(['full', 'delta']),
  encoding: z.enum(['json', 'msgpack']),
  interval: z.union([z.int(), z.literal('pause')]).describe('Milliseconds, or urgent news only'),
  sections: z.array(z.string()).exactOptional(),
  symbol: z.string().exactOptional(),
  role: z.enum(['viewer', 'operator']),
  commands: z.boolean(),
  ignored: z
    .array(z.string())
    .exactOptional()
    .describe('Names of what was asked for without being an option'),
});
const echoedId = z.string().exactOptional();

const welcome = z.union([
  z.object({ type: z.literal('WELCOME'), seq, epoch, granted, data: document }),
  z.object({ type: z.literal('WELCOME'), seq, epoch, granted, ...change }),
]);
const telemetry = z.object({
  type: z.literal('TELEMETRY'),
  seq,
  epoch: epoch.exactOptional(),
  data: document,
});
const delta = z.object({ type: z.literal('DELTA'), seq, ...change });
const pong = z.object({
  type: z.literal('PONG'),
  t: json,
  server_time: z.iso.datetime(),
  state: z
    .enum(['fresh', 'stale', 'down'])
    .exactOptional()
    .describe('Status of the source `state` of the document that the client sees'),
});
const ack = z.object({
  type: z.literal('ACK'),
  command: z.enum(['SUBSCRIBE', 'HALT', 'RESUME']),
  requestId: echoedId,
  granted: granted.exactOptional(),
  result: json.exactOptional().describe("The engine's own answer"),
});
const error = z.object({
  type: z.literal('ERROR'),
  command: z.string().exactOptional(),
  requestId: echoedId,
  effect: z
    .enum(['none', 'unknown'])
    .exactOptional()
    .describe('Of HALT and RESUME: whether it may have been carried out all the same'),
  code: z
    .string()
    .describe('Stable, such as BAD_OPTION, LIMIT, UNKNOWN_SYMBOL, FORBIDDEN, ENGINE_UNREACHABLE'),
  message: z.string().describe('For people'),
});

/** What they are sent. */
export const telemetryTells = {
  WELCOME: {
    summary: 'The first frame: the whole document, or what changed since',
    schema: welcome satisfies z.ZodType<WelcomePacket>,
  },
  TELEMETRY: {
    summary: 'The document after a change',
    schema: telemetry satisfies z.ZodType<TelemetryPacket>,
  },
  DELTA: { summary: 'What changed', schema: delta satisfies z.ZodType<DeltaPacket> },
  PONG: { summary: 'Answer to a PING with t', schema: pong satisfies z.ZodType<PongPacket> },
  ACK: { summary: 'A command was carried out', schema: ack satisfies z.ZodType<AckPacket> },
  ERROR: { summary: 'A command was refused or failed', schema: error satisfies z.ZodType<ErrorPacket> },
} satisfies MessageKinds;
