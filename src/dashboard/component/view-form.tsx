import { useGranted } from '../hook/use-client-state.ts';
import { useView } from '../hook/use-view.ts';
import { intervals, sectionNames } from '../model/page-settings.ts';
import { Choice } from './choice.tsx';
import { SymbolField } from './symbol-field.tsx';

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
          value={interval ?? 0}
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
