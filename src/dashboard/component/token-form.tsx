import { useRef } from 'preact/hooks';
import { usePage, useStatus } from '../hook/use-page.ts';

const inputId = 'token';

/** Leads to the field where a token is entered. */
export function askForToken(): void {
  document.getElementById(inputId)?.focus();
}

/** For gateways that want a token, and for operators where watching needs none. Once on the page. */
export function TokenForm() {
  const { client, tokens } = usePage();
  const input = useRef<HTMLInputElement>(null);
  // Another token is another connection.
  useStatus();
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const { current } = input;
    const token = current?.value.trim() ?? '';
    if (current === null || token === '') return;
    current.value = '';
    tokens.keep(token);
    client.setToken(token);
  };
  const forget = (): void => {
    tokens.keep(undefined);
    // What was shown may not be for everybody.
    location.reload();
  };
  return (
    <form class="token-form" onSubmit={onSubmit}>
      <label class="field">
        <span>Token{tokens.current === undefined ? '' : ' (one is in use)'}</span>
        <input id={inputId} type="password" autoComplete="off" ref={input} placeholder="JSON Web Token" />
      </label>
      <button type="submit">Use</button>
      {tokens.current !== undefined && (
        <button type="button" onClick={forget}>
          Forget
        </button>
      )}
    </form>
  );
}
