import { z } from 'zod';
import { numberInText } from '../../core/number-text.ts';
import { ignoredNames } from '../../core/option-names.ts';
import type { MessageKinds } from '../../serve/endpoint.ts';
import { documented, isList, type Shape } from './snapshot.ts';

/** The events of the dialect: what clients may say is parsed by these schemas, what they are told is described by them. */

export const hoursDefault = 24;
export const intervalDefault = 2;

/** A number, or a text that is one: truncated, then clamped. Missing or null: undefined. */
function clamped(unit: string, { least, most }: { readonly least: number; readonly most: number }) {
  return z
    .unknown()
    .transform((value, { issues }): number | undefined => {
      if (value === undefined || value === null || Number.isNaN(value)) return undefined;
      const number = typeof value === 'string' ? numberInText(value) : value;
      if (typeof number === 'number') return Math.min(most, Math.max(least, Math.trunc(number)));
      const message = `expected a number of ${unit} from ${least} to ${most}`;
      issues.push({ code: 'custom', message, input: value });
      return z.NEVER;
    })
    .meta({ type: ['number', 'string', 'null'], minimum: least, maximum: most })
    .optional();
}

const hours = clamped('hours', { least: 1, most: 168 }).describe(
  `Time range in hours, 1 to 168, clamped; default ${hoursDefault}`,
);
const interval = clamped('seconds', { least: 1, most: 60 }).describe(
  `Least seconds between two updates, 1 to 60, clamped; default ${intervalDefault}`,
);
const maxSections = 32;
const maxSectionLength = 256;
const sectionsExpected = `expected 1 to ${maxSections} dot paths, such as "overview.tasks"`;
const sections = z
  .array(
    z
      .string({ error: sectionsExpected })
      .regex(/^[^.]+(\.[^.]+)*$/, { error: sectionsExpected })
      .max(maxSectionLength, { error: sectionsExpected }),
    { error: sectionsExpected },
  )
  .min(1, { error: sectionsExpected })
  .max(maxSections, { error: sectionsExpected })
  .transform((paths) => [...new Set(paths)])
  .nullish()
  .describe('Dot paths of the parts to show and to watch for changes; default: all');

/** The payload of an event, which may be missing as a whole. A name that is nearly an option's is refused. */
function payloadOf<Options extends z.ZodRawShape>(options: Options, example: string) {
  const known = Object.keys(options);
  return z
    .preprocess(
      (payload) => payload ?? {},
      z
        .looseObject(options, { error: `expected an object, such as ${example}` })
        .superRefine((payload, { addIssue }) => {
          const ignored = ignoredNames(Object.keys(payload), known);
          if (typeof ignored === 'string') addIssue(ignored);
        }),
    )
    .prefault({});
}

const says = <Type extends string, Payload extends z.ZodType>(type: Type, payload: Payload) =>
  z.object({ type: z.literal(type), payload });

/** What clients may say, by event. */
export const metricsHears = {
  subscribe: {
    summary:
      'Asks for a snapshot of a range at once and at each change, in place of what was asked for before',
    schema: says('subscribe', payloadOf({ hours, update_interval: interval, sections }, '{"hours": 24}')),
  },
  unsubscribe: {
    summary: 'Asks for silence',
    schema: says('unsubscribe', z.unknown().optional()),
  },
  request_refresh: {
    summary: 'Asks for a snapshot from a fresh poll, also where nothing has changed',
    schema: says('request_refresh', payloadOf({ hours }, '{"hours": 24}')),
  },
  set_interval: {
    summary: 'Changes the interval of the subscription, or of the next one',
    schema: says('set_interval', payloadOf({ interval }, '{"interval": 5}')),
  },
};

export const streamQuery = z.object({
  hours,
  interval,
  since: z.string().optional().describe('Position of the last snapshot held, as Last-Event-ID'),
});
export const rangeQuery = z.object({ hours });

const costs = z
  .looseObject({ total_cost: z.number().nullable().optional() })
  .describe('Numbers under names that end with "_cost"');

function schemaOf(shape: Shape): z.ZodType {
  if (shape === 'number') return z.number().nullable();
  if (shape === 'time') return schemaOf('number').describe('Epoch seconds');
  if (shape === 'string') return z.string().nullable();
  if (shape === 'costs') return costs;
  if (shape === 'numbers') return z.record(z.string(), schemaOf('number'));
  if (isList(shape)) return z.array(schemaOf(shape[0]));
  return z.looseObject(
    Object.fromEntries(Object.entries(shape).map(([key, of]) => [key, schemaOf(of).optional()])),
  );
}

const timestamp = z.number().describe('Epoch seconds');
const snapshot = z.looseObject({
  ...Object.fromEntries(Object.entries(documented).map(([key, of]) => [key, schemaOf(of).optional()])),
  timestamp,
});
const failed = z.object({ error: z.string().describe('For people'), timestamp });
const inForce = z.object({
  hours: z.int(),
  update_interval: z.int(),
  sections: z.array(z.string()).exactOptional(),
});

/** What they are told, over Server-Sent Events. */
export const streamTells = {
  metrics_update: { summary: 'The snapshot, or the sections asked for', schema: snapshot },
  error: { summary: 'The engine gives no metrics at present, or a request is not valid', schema: failed },
} satisfies MessageKinds;

/** What they are told, by event. */
export const metricsTells = {
  connected: {
    summary: 'First event of a connection',
    schema: z.object({ status: z.literal('connected'), client_id: z.string() }),
  },
  subscribed: {
    summary: 'Answer to subscribe, with the values in force',
    schema: z.object({ status: z.literal('subscribed'), config: inForce }),
  },
  unsubscribed: {
    summary: 'Answer to unsubscribe',
    schema: z.object({ status: z.literal('unsubscribed') }),
  },
  interval_updated: {
    summary: 'Answer to set_interval, with the value in force',
    schema: z.object({ interval: z.int().describe('Seconds') }),
  },
  ...streamTells,
} satisfies MessageKinds;
