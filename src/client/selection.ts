import type { TelemetryDocument } from './document.ts';
import { valueAt } from './path.ts';

/**
 * Takes each new document, and calls back where the value it selects is another one; at first in any case.
 *
 * @param selection a path, or a function of the document
 */
export function createSelection<Value>(
  selection: string | ((document: TelemetryDocument) => Value),
  callback: (value: Value, previous: Value | undefined) => void,
  isEqual: (a: Value, b: Value) => boolean,
): (document: TelemetryDocument) => void {
  let held: { readonly value: Value } | undefined;
  return (document) => {
    // What stands at a documented path has the documented type: the gateway refuses what an engine says otherwise.
    const value =
      typeof selection === 'string' ? (valueAt(document, selection) as Value) : selection(document);
    const before = held;
    if (before !== undefined && isEqual(before.value, value)) return;
    held = { value };
    callback(value, before?.value);
  };
}
