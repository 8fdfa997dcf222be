import { z } from 'zod';
import { Refusal } from '../../../core/errors.ts';
import type { JsonObject } from '../../../core/json.ts';
import { parsePosition } from '../../../feed/position.ts';
import type { Granted } from '../../../wire/packet.ts';
import { documentedSections } from '../document/shape.ts';

/** How one client wants to see the telemetry: every field decided, and in its canonical form. */
export interface TelemetryViewOptions extends Pick<Granted, 'mode' | 'encoding' | 'interval'> {
  /** Sorted, without repetition; undefined: all. */
  readonly sections: readonly string[] | undefined;
  /** Undefined: the default document. */
  readonly symbol: string | undefined;
}

/** The view of a client without options. */
export const defaultView: TelemetryViewOptions = {
  mode: 'full',
  encoding: 'json',
  interval: 0,
  sections: undefined,
  symbol: undefined,
};

/** Intervals are rounded up to one of these, so that clients share views. */
const intervals = [0, 50, 100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000] as const;
const maxInterval = intervals[intervals.length - 1] ?? 0;
const maxSections = 32;

const intervalMs = z
  .number()
  .min(0)
  .max(maxInterval)
  .transform((ms): number => intervals.find((step) => step >= ms) ?? maxInterval);
const interval = z
  .preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.union([intervalMs, z.literal('pause')]),
  )
  .describe(
    `Least milliseconds between two packets, urgent news excepted: 0 to ${maxInterval}, rounded up to ` +
      `${intervals.join(', ')}; pause: urgent news only`,
  );

const sections = z
  .union([z.string().transform((text) => text.split(',')), z.array(z.string())])
  .transform((keys) => [...new Set(keys.map((key) => key.trim()))].sort())
  .refine(
    (keys) =>
      keys.length > 0 && keys.length <= maxSections && keys.every((key) => key !== '' && key.length <= 64),
  )
  .describe('Sections shown, as a list or comma-separated; timestamp, status and sources always are');

/** The options of a view: in the query string of a connection, and in a SUBSCRIBE message. */
export const viewOptionShape = {
  mode: z.enum(['full', 'delta']).optional().describe('Whole packets, or what changed (default: full)'),
  encoding: z.enum(['json', 'msgpack']).optional().describe('Text frames, or binary ones (default: json)'),
  interval: interval.optional(),
  sections: sections.optional(),
  symbol: z
    .string()
    .regex(/^[A-Z0-9.^=-]{1,20}$/)
    .optional()
    .describe('The document of this symbol instead of the default one'),
};

/** No position is longer. */
const maxSinceLength = 100;
const since = z
  .string()
  .max(maxSinceLength)
  // A position without an epoch cannot be known: it is answered with the whole document.
  .transform(parsePosition)
  .describe('<epoch>-<seq> of the last packet held: with mode=delta, WELCOME tells only what changed since');

export const connectOptions = z.object({ ...viewOptionShape, since: since.optional() });
/** Options of a view, of which some may be left open. */
type ViewQuery = Omit<z.infer<typeof connectOptions>, 'since'>;

/** What each option may be, for people. */
const expectations: Readonly<Record<string, string>> = {
  mode: 'full or delta',
  encoding: 'json or msgpack',
  interval: `milliseconds from 0 to ${maxInterval}, or pause`,
  sections: `a comma-separated list of at most ${maxSections} sections, such as market,portfolio`,
  symbol: '1 to 20 of A-Z 0-9 . ^ = -',
  since: '<epoch>-<seq>, as in the last packet',
};

/**
 * The options with defaults filled in; a refusal where a section is neither documented nor in the document nor shown
 * already.
 */
export function optionsFor(
  { mode = 'full', encoding = 'json', interval: ms = 0, sections: wanted, symbol }: ViewQuery,
  document: JsonObject,
  shown: readonly string[] = [],
): TelemetryViewOptions | Refusal {
  const unknown = wanted?.find(
    (section) =>
      !documentedSections.has(section) && !Object.hasOwn(document, section) && !shown.includes(section),
  );
  if (unknown === undefined) return { mode, encoding, interval: ms, sections: wanted, symbol };
  return badOption(`sections: no section "${unknown.slice(0, 64)}" in the document`);
}

/** Names the first option at fault, and what it may be. */
export function refuseOptions(error: z.ZodError): Refusal {
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys') return badOption(issue.message);
  const option = String(issue?.path[0] ?? 'options');
  return badOption(`${option}: expected ${expectations[option] ?? 'another value'}`);
}

export function badOption(detail: string): Refusal {
  return new Refusal('BAD_OPTION', { detail });
}

/** The options of a view for people, as a query without those that have their default. */
export function describeView({ mode, encoding, interval, sections, symbol }: TelemetryViewOptions): string {
  const query = new URLSearchParams({ mode, encoding });
  if (interval !== 0) query.set('interval', `${interval}`);
  if (sections !== undefined) query.set('sections', sections.join());
  if (symbol !== undefined) query.set('symbol', symbol);
  return query.toString();
}

/** The same text for the same view, however it was asked for. */
export function viewKey({
  mode,
  encoding,
  interval: ms,
  sections: shown,
  symbol,
}: TelemetryViewOptions): string {
  return JSON.stringify([mode, encoding, ms, shown ?? null, symbol ?? null]);
}
