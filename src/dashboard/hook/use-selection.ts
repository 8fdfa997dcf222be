import { useEffect, useState } from 'preact/hooks';
import type { TelemetryDocument } from '../../client/index.ts';
import { usePage } from './use-page.ts';

/**
 * What a function makes of the document: the component renders again when that is another value, at the next
 * animation frame.
 *
 * @param select the same function each time, from outside of the component
 */
export function useSelection<Value>(
  select: (document: TelemetryDocument) => Value,
  isEqual: (a: Value, b: Value) => boolean = Object.is,
): Value {
  const { client } = usePage();
  const [value, setValue] = useState(() => select(client.document));
  useEffect(() => client.select(select, (next) => setValue(() => next), isEqual), [client, select, isEqual]);
  return value;
}
