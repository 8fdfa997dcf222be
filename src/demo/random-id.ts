import type { Random } from './random.ts';

/** So many hexadecimal digits. */
export function hex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
}

/** In the form of a random UUID (RFC 9562, version 4), from a seed. */
export function uuid(random: Random): string {
  const variant = (8 + random.below(4)).toString(16);
  return `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-${variant}${hex(random, 3)}-${hex(random, 12)}`;
}
