import { useRef } from 'preact/hooks';
import { usePage } from '../hook/use-page.ts';

const inputId = 'token';

/** Leads to the field where a token is entered. */
export function askForToken(): void {
  document.getElementById(inputId)?.focus();
}

/** For gateways that want a token, and for operators where watching needs none. */
export function TokenForm() {
  const { tokens } = usePage();
  const input = useRef<HTMLInputElement>(null);
  const onSubmit = (event: Event): void => {
    event.preventDefault();
    const token = input.current?.value.trim() ?? '';
    if (token !== '') tokens.use(token);
  };
  return (
    <form class="token-form" onSubmit={onSubmit}>
      <label class="field">
        <span>Token{tokens.current === undefined ? '' : ' (one is in use)'}</span>
        <input id={inputId} type="password" autoComplete="off" ref={input} placeholder="JSON Web Token" />
      </label>
      <button type="submit">Use</button>
      {tokens.current !== undefined && (
        <button type="button" onClick={() => tokens.use(undefined)}>
          Forget
        </button>
      )}
    </form>
  );
}
