import { z } from 'zod';
import type { Clock } from '../../../core/clock.ts';
import { readInstant } from '../../../core/instant.ts';
import type { Version } from '../../../feed/history.ts';
import type { StateFeed } from '../../../feed/state-feed.ts';
import { badOption, refuseOptions, viewOptionShape } from './options.ts';

const maxSeconds = 86_400;
const defaultSeconds = 600;

export const historyFormats = ['json', 'ndjson', 'csv'] as const;
export type HistoryFormat = (typeof historyFormats)[number];

const instantExample = '2026-12-01T12:00:00Z or seconds since 1970';
const expectations: Readonly<Record<string, string>> = {
  seconds: `a whole number from 1 to ${maxSeconds}, and not together with from`,
  from: `an instant such as ${instantExample}`,
  to: `an instant after from, such as ${instantExample}`,
  step: `seconds from 0 to ${maxSeconds}`,
  format: `${historyFormats.slice(0, -1).join(', ')} or ${historyFormats.at(-1)}`,
};

/** In a query a plus that is not percent-encoded is a space: so it is in an offset such as `+02:00`. */
const offsetAfterSpace = /^(\d{4}-?\d\d-?\d\d[T ]\d\d.*) (\d\d(?::?\d\d)?)$/i;

const instant = z.string().transform((text, { issues }): number => {
  const read = readInstant(text.replace(offsetAfterSpace, '$1+$2'));
  // Fractions of a second are read as binary ones: .289 s must not end up below 289 ms.
  if (read !== undefined) return Math.round(read.epochMs * 100) / 100;
  issues.push({ code: 'custom', message: 'no instant', input: text });
  return z.NEVER;
});

/** The query of a history. */
export const historyQuery = z
  .object({
    sections: viewOptionShape.sections,
    symbol: viewOptionShape.symbol,
    seconds: z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number)
      .pipe(z.int().min(1).max(maxSeconds))
      .optional()
      .describe(`How far back from to, or from now (default: ${defaultSeconds})`),
    from: instant.optional().describe('The first instant'),
    to: instant.optional().describe('The last instant (default: now)'),
    step: z
      .string()
      .regex(/^\d{1,5}(\.\d{1,9})?$/)
      .transform(Number)
      .pipe(z.number().max(maxSeconds))
      .optional()
      .describe(
        'One point, the last, for each so many seconds; 0: every version (default: 600 points at most)',
      ),
    format: z.enum(historyFormats).default('json'),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, { path: ['to'] })
  .refine(({ from, seconds }) => from === undefined || seconds === undefined, { path: ['seconds'] });

export type HistoryQuery = z.infer<typeof historyQuery>;

/** Names the first option at fault, and what it may be. */
export function refuseHistory(error: z.ZodError) {
  const option = String(error.issues[0]?.path[0]);
  const expected = expectations[option];
  return expected === undefined ? refuseOptions(error) : badOption(`${option}: expected ${expected}`);
}

/** Which versions a history is about. */
export interface HistorySpan {
  /** How long before the end of the span a version was committed, ms; negative: after it. */
  ageMs(version: Version): number;
  /** Versions of this age and above are before the span. */
  readonly lengthMs: number;
  /** Whether no version is younger than a later one. */
  readonly isOrdered: boolean;
  /** 0: every version. Undefined: as long as makes 600 points at most. */
  readonly stepMs: number | undefined;
}

/**
 * How long ago is told by the time that has passed: the wall clock may have been set meanwhile. Instants are compared
 * with those at which the versions were committed, as the answer shows them.
 */
export function spanOf(
  { seconds = defaultSeconds, from, to, step }: HistoryQuery,
  feed: Pick<StateFeed, 'current'>,
  clock: Pick<Clock, 'now' | 'monotonic'>,
): HistorySpan {
  const stepMs = step === undefined ? undefined : step * 1000;
  if (from === undefined && to === undefined) {
    const now = clock.monotonic();
    return {
      ageMs: ({ committedAt }) => now - committedAt,
      lengthMs: seconds * 1000,
      isOrdered: true,
      stepMs,
    };
  }
  const end = to ?? Math.max(clock.now(), feed.current.at);
  // Without an end all that is later counts as of now: the clock may have been set back.
  const leastAgeMs = to === undefined ? 0 : Number.NEGATIVE_INFINITY;
  // Instants of versions are whole milliseconds: one at `from` itself counts.
  const lengthMs = from === undefined ? seconds * 1000 : end - Math.ceil(from) + 1;
  return { ageMs: ({ at }) => Math.max(leastAgeMs, end - at), lengthMs, isOrdered: false, stepMs };
}
