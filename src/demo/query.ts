import { badField, type Reply } from './reply.ts';

export type QueryValue<T> = { ok: true; value: T } | { ok: false; refusal: Reply };

/** A whole number of the query from 0 to `max`; absent: `fallback`. */
export function wholeNumber(
  query: URLSearchParams,
  name: string,
  { max, fallback }: { max: number; fallback: number },
): QueryValue<number> {
  const text = query.get(name);
  if (text === null) return { ok: true, value: fallback };
  const value = Number(text);
  if (/^\d+$/.test(text) && value <= max) return { ok: true, value };
  return { ok: false, refusal: badField(name, `${name} must be a whole number from 0 to ${max}`) };
}

/** `true` or `false`; absent: false. */
export function trueOrFalse(query: URLSearchParams, name: string): QueryValue<boolean> {
  const text = query.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return { ok: true, value: text === 'true' };
  return { ok: false, refusal: badField(name, `${name} must be true or false`) };
}
