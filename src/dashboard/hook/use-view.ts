import { useEffect, useRef, useState } from 'preact/hooks';
import { TelemetryError, type ViewChange } from '../../client/index.ts';
import { formatView, sectionNames } from '../model/page-settings.ts';
import { usePage } from './use-page.ts';

/** Asks the gateway for other views, one change after the other, and keeps the one in force in the page's address. */
export function useView() {
  const { client } = usePage();
  /** Known before the next render: two switches may be thrown in between. */
  const wanted = useRef<ViewChange>({});
  const [asked, setAsked] = useState<ViewChange>({});
  const pending = useRef(0);
  const [notice, setNotice] = useState('');

  useEffect(() => {
    const leave = [
      client.on('granted', (granted) =>
        history.replaceState(null, '', location.pathname + formatView(granted)),
      ),
      client.on('error', ({ code, message }) => {
        setNotice(`${code}: ${message}`);
        // The gateway shows the default document by now: a new connection is not to ask for the other one again.
        if (code === 'UNKNOWN_SYMBOL') client.setOptions({ symbol: null }).catch(() => {});
      }),
    ];
    return () => {
      for (const end of leave) end();
    };
  }, [client]);

  const want = (view: ViewChange): void => {
    wanted.current = view;
    setAsked(view);
  };
  const change = (step: ViewChange): void => {
    pending.current += 1;
    want({ ...wanted.current, ...step });
    setNotice('');
    client
      .setOptions(step)
      .catch((error: unknown) => {
        setNotice(
          error instanceof TelemetryError ? `${error.code}: ${error.message}` : 'It could not be changed.',
        );
      })
      .finally(() => {
        pending.current -= 1;
        if (pending.current === 0) want({});
      });
  };
  const toggle = (section: string): void => {
    const before = { ...client.granted, ...wanted.current }.sections ?? sectionNames;
    const next = before.includes(section)
      ? before.filter((other) => other !== section)
      : [...before, section];
    if (next.length === 0) return;
    change({ sections: sectionNames.every((name) => next.includes(name)) ? null : next });
  };
  return { asked, change, toggle, notice };
}
