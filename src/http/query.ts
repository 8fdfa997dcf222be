import { z } from 'zod';
import { tokenNames } from '../access/credentials.ts';
import { Refusal } from '../core/errors.ts';
import { ignoredNames } from '../core/option-names.ts';

/** The options that an address takes, by name. */
export interface QuerySchema<Query = unknown> extends z.ZodType<Query> {
  readonly shape: Readonly<Record<string, unknown>>;
}

/** Of an address that takes none. */
export const noOptions = z.object({});

export interface ReadQuery<Query> {
  readonly query: Query;
  /** Names of what was given besides, without effect. */
  readonly ignored: readonly string[];
}

/** Response header that lists the names of options without effect, percent-encoded and separated by commas. */
export const ignoredHeader = 'X-Ignored-Options';

export function ignoredHeaders(ignored: readonly string[]): Readonly<Record<string, string>> {
  return ignored.length === 0 ? {} : { [ignoredHeader]: ignored.map(encodeURIComponent).join(',') };
}

/**
 * Reads the options in a query. Refused are those that are not valid, are given twice (which of the two would count?),
 * or have nearly the name of another.
 * @param faultOf the refusal of values that are not valid. Default: `BAD_OPTION`, naming the first at fault
 */
export function readQuery<Query>(
  search: URLSearchParams,
  schema: QuerySchema<Query>,
  faultOf: (error: z.ZodError) => Refusal = invalidOption,
): ReadQuery<Query> | Refusal {
  const names = [...search.keys()].filter((name) => !tokenNames.has(name.toLowerCase()));
  const options = Object.keys(schema.shape);
  const ignored = ignoredNames(names, [...options, 'token']);
  if (typeof ignored === 'string') return badOption(ignored);
  const given = options.filter((name) => search.has(name));
  const twice = given.find((name) => search.getAll(name).length > 1);
  if (twice !== undefined) {
    return badOption(`${twice}: given ${search.getAll(twice).length} times, expected once`);
  }
  const read = schema.safeParse(Object.fromEntries(given.map((name) => [name, search.get(name)])));
  return read.success ? { query: read.data, ignored } : faultOf(read.error);
}

function invalidOption({ issues: [issue] }: z.ZodError): Refusal {
  const { path = [], message = 'not valid' } = issue ?? {};
  return badOption(`${path.join('.')}: ${message}`);
}

function badOption(detail: string): Refusal {
  return new Refusal('BAD_OPTION', { detail });
}
