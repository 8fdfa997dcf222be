import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { usePage, useStatus } from '../hook/use-page.ts';
import { TokenForm } from './token-form.tsx';

/** What to do where the gateway does not let this page in. There is no such card while it does. */
export function RefusalCard() {
  const { client } = usePage();
  const { state, reason } = useStatus();
  if (state === 'unauthorized') {
    return (
      <Refusal title="The gateway wants a token" reason={reason}>
        <TokenForm />
      </Refusal>
    );
  }
  const isOut = state === 'refused';
  // A GET of the page names no origin, and passes all the same.
  if (!isOut && !reason.includes('ORIGIN_REFUSED')) return null;
  const title = isOut
    ? 'The gateway does not let this page in'
    : 'The gateway takes no WebSocket and no command from this page';
  const settings = settingsFor(reason);
  return (
    <Refusal title={title} reason={reason}>
      <p>
        Add {settings.length === 1 ? 'this' : 'one of these'} to the gateway’s settings, and start it again:
      </p>
      <ul class="settings">
        {settings.map(({ name, value }) => (
          <li key={name}>
            <code>{name}</code>: <code>{value}</code>
          </li>
        ))}
      </ul>
      {isOut && (
        <button type="button" onClick={() => client.connect()}>
          Try again
        </button>
      )}
    </Refusal>
  );
}

interface RefusalProps {
  readonly title: string;
  /** Why it is so: the gateway's words, or a guess. */
  readonly reason: string;
  readonly children: ComponentChildren;
}

function Refusal({ title, reason, children }: RefusalProps) {
  const id = useId();
  return (
    <section class="card refusal" aria-labelledby={id} data-testid="refusal">
      <h2 id={id}>{title}</h2>
      <p class="refusal-reason">{reason}</p>
      {children}
    </section>
  );
}

/** Those that the gateway names; where it names none, all that may let this page in. */
function settingsFor(reason: string) {
  const all = [
    { name: 'ALLOWED_ORIGINS', value: location.origin },
    { name: 'ALLOWED_HOSTS', value: location.hostname },
  ];
  const named = all.filter(({ name }) => reason.includes(name));
  return named.length === 0 ? all : named;
}
