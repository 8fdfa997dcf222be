import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { TelemetryDocument } from './document.ts';
import type { ConnectionStatus, TelemetryClient } from './types.ts';

const empty: TelemetryDocument = Object.freeze({});

/**
 * What a function makes of the client's document. The component renders again only when that is another value.
 * While nothing was received, and on a server, the document is empty.
 *
 * @param isEqual whether two values are the same; default `Object.is`, which is enough for anything taken from the
 *   document as it is. A selector that makes a new object each time needs one that compares what is in it.
 */
export function useTelemetry<Value>(
  client: TelemetryClient,
  selector: (document: TelemetryDocument) => Value,
  isEqual: (a: Value, b: Value) => boolean = Object.is,
): Value {
  /** What was shown last: kept when an inline selector is another function on each render. */
  const shown = useRef<{ readonly value: Value } | undefined>(undefined);
  const select = useMemo(() => {
    let last: { readonly document: TelemetryDocument; readonly value: Value } | undefined;
    return (document: TelemetryDocument): Value => {
      if (last?.document === document) return last.value;
      const before = last ?? shown.current;
      const selected = selector(document);
      const value = before !== undefined && isEqual(before.value, selected) ? before.value : selected;
      last = { document, value };
      return value;
    };
  }, [selector, isEqual]);
  const subscribe = useMemo(() => (onChange: () => void) => client.on('update', onChange), [client]);
  const value = useSyncExternalStore(
    subscribe,
    () => select(client.document),
    () => select(empty),
  );
  useEffect(() => {
    shown.current = { value };
  }, [value]);
  return value;
}

/** How the client stands towards the gateway: state, reason and transport. */
export function useTelemetryStatus(client: TelemetryClient): ConnectionStatus {
  const subscribe = useMemo(() => (onChange: () => void) => client.on('state', onChange), [client]);
  const read = (): ConnectionStatus => client.status;
  return useSyncExternalStore(subscribe, read, read);
}
