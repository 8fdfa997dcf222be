import type { TelemetryDocument } from './document.ts';
import { valueAt } from './path.ts';

export interface SelectionOptions<Value> {
  /** A path, or a function of the document. */
  readonly selection: string | ((document: TelemetryDocument) => Value);
  readonly callback: (value: Value, previous: Value | undefined) => void;
  readonly isEqual: (a: Value, b: Value) => boolean;
}

/** Takes each new document, and calls back where the value it selects is another one; at first in any case. */
export function createSelection<Value>({ selection, callback, isEqual }: SelectionOptions<Value>) {
  const select = typeof selection === 'function' ? selection : pathSelector<Value>(selection);
  let held: { readonly value: Value } | undefined;
  return (document: TelemetryDocument): void => {
    const value = select(document);
    const before = held;
    if (before !== undefined && isEqual(before.value, value)) return;
    held = { value };
    callback(value, before?.value);
  };
}

/** What stands at a documented path has the documented type: the gateway refuses what an engine says otherwise. */
function pathSelector<Value>(path: string): (document: TelemetryDocument) => Value {
  return (document) => valueAt(document, path) as Value;
}
