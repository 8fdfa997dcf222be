import { type TelemetryDocument, valueAt } from './document.ts';
import type { Emitter } from './emitter.ts';
import type { ClientEvents, TelemetryClient } from './types.ts';

/** The ways in which an application is told of the document. */
export function createReading(
  emitter: Emitter<ClientEvents>,
  replica: Readonly<{ document: TelemetryDocument; hasDocument: boolean }>,
  isClosed: () => boolean,
): Pick<TelemetryClient, 'on' | 'select' | typeof Symbol.asyncIterator> {
  return {
    on: emitter.on,
    select: <Value>(
      selection: string | ((document: TelemetryDocument) => Value),
      callback: (value: Value, previous: Value | undefined) => void,
      isEqual: (a: Value, b: Value) => boolean = Object.is,
    ) => {
      let held: { readonly value: Value } | undefined;
      const take = (document: TelemetryDocument): void => {
        // A documented path has a value of the documented type: the gateway makes others null.
        const value =
          typeof selection === 'string' ? (valueAt(document, selection) as Value) : selection(document);
        const before = held;
        if (before !== undefined && isEqual(before.value, value)) return;
        held = { value };
        callback(value, before?.value);
      };
      if (replica.hasDocument) emitter.guard(() => take(replica.document));
      return emitter.on('update', ({ document }) => take(document));
    },
    async *[Symbol.asyncIterator]() {
      let given: TelemetryDocument | undefined;
      let wake = (): void => {};
      const leave = [emitter.on('update', () => wake()), emitter.on('state', () => wake())];
      try {
        while (!isClosed()) {
          const { document, hasDocument } = replica;
          if (document === given || !hasDocument) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          } else {
            given = document;
            yield document;
          }
        }
      } finally {
        for (const end of leave) end();
      }
      return undefined;
    },
  };
}
