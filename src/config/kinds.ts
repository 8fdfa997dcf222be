import { z } from 'zod';
import { expectedWholeNumber, readWholeNumber } from './numbers.ts';

/** Types of settings, which parse text from the environment into numbers and lists. */

export const integer = (min: number, max: number) => {
  const error = expectedWholeNumber(min, max);
  return z.preprocess(
    readWholeNumber,
    z.number({ error }).int({ error }).min(min, { error }).max(max, { error }),
  );
};

export const urlWith = (schemes: readonly string[], example: string) =>
  z.string().superRefine((text, context) => {
    const expected = `expected a URL such as ${example}`;
    if (!URL.canParse(text)) context.addIssue({ code: 'custom', message: `not a URL: ${expected}` });
    else if (!schemes.includes(new URL(text).protocol)) {
      context.addIssue({ code: 'custom', message: `scheme must be ${schemes.join(' or ')} – ${expected}` });
    }
  });

/** Text from the environment is a comma list; a config file may give an array. */
export const list = <Item extends z.ZodType>(item: Item, error?: string) =>
  z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((entry) => entry.trim())
            .filter((entry) => entry !== '')
        : value,
    z.array(item, error === undefined ? {} : { error }),
  );

export const flag = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean({ error: 'expected true or false' }),
);
