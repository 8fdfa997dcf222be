import { useEffect, useState } from 'preact/hooks';
import type { ConnectionStatus, TelemetryClient } from '../../client/index.ts';
import { usePage } from './use-page.ts';

export function useStatus(): ConnectionStatus {
  const { client } = usePage();
  const [status, setStatus] = useState(client.status);
  useEffect(() => {
    setStatus(client.status);
    return client.on('state', setStatus);
  }, [client]);
  return status;
}

/** Undefined before the first packet, and where only polling works. */
export function useGranted(): TelemetryClient['granted'] {
  const { client } = usePage();
  const [granted, setGranted] = useState(client.granted);
  useEffect(() => {
    const refresh = (): void => setGranted(client.granted);
    refresh();
    const leave = [client.on('granted', refresh), client.on('state', refresh)];
    return () => {
      for (const end of leave) end();
    };
  }, [client]);
  return granted;
}
