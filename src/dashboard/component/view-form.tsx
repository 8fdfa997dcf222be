import { useEffect, useRef, useState } from 'preact/hooks';
import { TelemetryError, type ViewChange } from '../../client/index.ts';
import { useGranted, usePage } from '../hook/use-page.ts';
import { formatView, intervals, sectionNames, symbolPattern } from '../model/page-settings.ts';
import { Choice } from './choice.tsx';

const modes = [
  { value: 'full', label: 'Full' },
  { value: 'delta', label: 'Delta' },
] as const;
const encodings = [
  { value: 'json', label: 'JSON' },
  { value: 'msgpack', label: 'MessagePack' },
] as const;

/** What the page asks the gateway for. Each change is asked for at once, and kept in the page's address. */
export function ViewForm() {
  const granted = useGranted();
  const { pause } = usePage();
  const { asked, change, toggle, notice } = useView();
  const isDisabled = granted === undefined;
  // Until the gateway has answered, what was asked for: a switch that jumps back and forth looks broken.
  const { mode, encoding, interval, sections: some } = { ...granted, ...asked };
  const sections = some ?? sectionNames;
  return (
    <form class="view-form" aria-label="View" onSubmit={(event) => event.preventDefault()}>
      <Choice
        legend="Mode"
        options={modes}
        value={mode ?? 'full'}
        onChoose={(value) => change({ mode: value })}
        isDisabled={isDisabled}
      />
      <Choice
        legend="Encoding"
        options={encodings}
        value={encoding ?? 'json'}
        onChoose={(value) => change({ encoding: value })}
        isDisabled={isDisabled}
      />
      <label class="field">
        <span>Interval</span>
        <select
          disabled={isDisabled}
          value={pause.ownOf(interval ?? 0)}
          onChange={({ currentTarget }) => change({ interval: Number(currentTarget.value) })}
        >
          {intervals.map((step) => (
            <option key={step} value={step}>
              {step === 0 ? 'each change' : `${step} ms`}
            </option>
          ))}
        </select>
      </label>
      <SymbolField
        isDisabled={isDisabled}
        current={granted?.symbol}
        onChoose={(symbol) => change({ symbol })}
      />
      <fieldset class="sections" disabled={isDisabled}>
        <legend>Sections</legend>
        {sectionNames.map((section) => (
          <label key={section}>
            <input
              type="checkbox"
              checked={sections.includes(section)}
              // One at least: an empty list is no view.
              disabled={sections.length === 1 && sections.includes(section)}
              onChange={() => toggle(section)}
            />
            {section}
          </label>
        ))}
      </fieldset>
      <p class="notice" role="status" data-testid="notice">
        {notice}
      </p>
    </form>
  );
}

interface SymbolFieldProps {
  readonly isDisabled: boolean;
  /** Undefined: the engine's default. */
  readonly current: string | undefined;
  readonly onChoose: (symbol: string | null) => void;
}

/** Takes what was typed on Enter, and when the field is left. Its text is the browser's own until then. */
function SymbolField({ isDisabled, current = '', onChoose }: SymbolFieldProps) {
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

/** Asks the gateway for other views, one change after the other, and keeps the one in force in the page's address. */
function useView() {
  const { client, pause, symbolNotice } = usePage();
  /** Known before the next render: two switches may be thrown in between. */
  const wanted = useRef<ViewChange>({});
  const [asked, setAsked] = useState<ViewChange>({});
  const pending = useRef(0);
  const [notice, setNotice] = useState('');

  useEffect(() => {
    const leave = [
      client.on('granted', (granted) =>
        history.replaceState(
          null,
          '',
          location.pathname +
            formatView({ ...granted, interval: pause.ownOf(granted.interval) }) +
            location.hash,
        ),
      ),
      client.on('error', ({ code, message }) => setNotice(`${code}: ${message}`)),
    ];
    return () => {
      for (const end of leave) end();
    };
  }, [client, pause]);

  const want = (view: ViewChange): void => {
    wanted.current = view;
    setAsked(view);
  };
  const change = (step: ViewChange): void => {
    pending.current += 1;
    want({ ...wanted.current, ...step });
    setNotice('');
    if (step.symbol !== undefined) symbolNotice.set(undefined);
    client
      .setOptions(step)
      .catch((error: unknown) => {
        if (error instanceof TelemetryError && error.code === 'UNKNOWN_SYMBOL') {
          symbolNotice.set(step.symbol ?? undefined);
        }
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
