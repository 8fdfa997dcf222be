import { useId } from 'preact/hooks';
import { useStatus } from '../hook/use-client-state.ts';
import { ConnectionFigures } from './connection-figures.tsx';
import { SourceNotes } from './source-notes.tsx';
import { TokenForm } from './token-form.tsx';
import { ViewForm } from './view-form.tsx';

/** How this page is connected, and what it asks the gateway for. */
export function ConnectionCard() {
  const id = useId();
  const { reason } = useStatus();
  return (
    <section class="card" data-area="connection" aria-labelledby={id} data-testid="card-connection">
      <header class="card-head">
        <h2 id={id}>Connection</h2>
        <span class="reason" data-testid="reason">
          {reason}
        </span>
      </header>
      <SourceNotes />
      <div class="connection">
        <ConnectionFigures />
        <ViewForm />
        <TokenForm />
      </div>
    </section>
  );
}
