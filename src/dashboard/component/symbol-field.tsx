import { useEffect, useRef } from 'preact/hooks';
import { symbolPattern } from '../model/page-settings.ts';

interface SymbolFieldProps {
  readonly isDisabled: boolean;
  /** Undefined: the engine's default. */
  readonly current: string | undefined;
  readonly onChoose: (symbol: string | null) => void;
}

/** Takes what was typed on Enter, and when the field is left. Its text is the browser's own until then. */
export function SymbolField({ isDisabled, current = '', onChoose }: SymbolFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null) input.current.value = current;
  }, [current]);
  const choose = (field: HTMLInputElement): void => {
    const symbol = field.value.toUpperCase();
    if (symbol !== current && field.checkValidity()) onChoose(symbol === '' ? null : symbol);
  };
  return (
    <label class="field">
      <span>Symbol</span>
      <input
        class="symbol-input"
        ref={input}
        disabled={isDisabled}
        pattern={symbolPattern}
        maxLength={20}
        placeholder="default"
        autoCapitalize="characters"
        autoComplete="off"
        spellcheck={false}
        enterKeyHint="go"
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') choose(currentTarget);
        }}
        onBlur={({ currentTarget }) => choose(currentTarget)}
      />
    </label>
  );
}
