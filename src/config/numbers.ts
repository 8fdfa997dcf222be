/** Numbers as the environment, where everything is text, or a config file gives them. */

/** The whole number that a text is; anything else as it was given. */
export function readWholeNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
}

/** What a setting that does not hold a whole number within these bounds is told. */
export const expectedWholeNumber = (min: number, max: number): string =>
  `expected a whole number from ${min} to ${max}`;
