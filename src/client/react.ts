import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Path, TelemetryDocument } from './document.ts';
import type { ConnectionStatus, PathFreshness, TelemetryClient } from './types.ts';

const empty = Object.freeze({});

/**
 * What a function makes of the client's document. The component renders again only when that is another value.
 * While nothing was received, and on a server, the document is empty.
 *
 * @param isEqual whether two values are the same; default `Object.is`, which is enough for anything taken from the
 *   document as it is. A selector that makes a new object each time needs one that compares what is in it.
 */
export function useTelemetry<Value, Document extends object = TelemetryDocument>(
  client: TelemetryClient<Document>,
  selector: (document: Partial<Document>) => Value,
  isEqual: (a: Value, b: Value) => boolean = Object.is,
): Value {
  /** What was shown last: kept when an inline selector is another function on each render. */
  const shown = useRef<{ readonly value: Value } | undefined>(undefined);
  const select = useMemo(() => {
    let last: { readonly document: Partial<Document>; readonly value: Value } | undefined;
    return (document: Partial<Document>): Value => {
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

/** Without the age, which is another one at each look: ask `client.freshness.of` for it where it is shown. */
type ShownFreshness = Omit<PathFreshness, 'ageMs'>;

const unknown: ShownFreshness = Object.freeze({ state: 'initializing', since: undefined, error: undefined });

/**
 * Whether what is at a path of the document may be shown as current: see `client.freshness.of`. The component renders
 * again when that changes. On a server it is `initializing`.
 *
 * @param path default: the engine's state as a whole
 */
export function useFreshness<Document extends object>(
  client: TelemetryClient<Document>,
  path?: Path<Document>,
): ShownFreshness {
  const subscribe = useMemo(() => (onChange: () => void) => client.on('freshness', onChange), [client]);
  const read = useMemo(() => {
    let shown = unknown;
    return (): ShownFreshness => {
      const { state, since, error } = client.freshness.of(path);
      if (shown.state !== state || shown.since !== since || shown.error !== error) {
        shown = { state, since, error };
      }
      return shown;
    };
  }, [client, path]);
  return useSyncExternalStore(subscribe, read, () => unknown);
}

/** How the client stands towards the gateway: state, reason and transport. */
export function useTelemetryStatus<Document extends object>(
  client: TelemetryClient<Document>,
): ConnectionStatus {
  const subscribe = useMemo(() => (onChange: () => void) => client.on('state', onChange), [client]);
  const read = (): ConnectionStatus => client.status;
  return useSyncExternalStore(subscribe, read, read);
}
