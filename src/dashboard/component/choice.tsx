import { useId } from 'preact/hooks';

interface ChoiceProps<Option extends string> {
  readonly legend: string;
  /** The legend is only for those who do not see the page. */
  readonly isLegendHidden?: boolean;
  readonly options: readonly { readonly value: Option; readonly label: string }[];
  readonly value: Option;
  readonly onChoose: (value: Option) => void;
  readonly isDisabled?: boolean;
}

/** One of a few, side by side: a radio group, so that arrow keys move through it. */
export function Choice<Option extends string>(props: ChoiceProps<Option>) {
  const { legend, isLegendHidden = false, options, value, onChoose, isDisabled = false } = props;
  const name = useId();
  return (
    <fieldset class="choice" disabled={isDisabled}>
      <legend class={isLegendHidden ? 'unseen' : undefined}>{legend}</legend>
      <div class="choice-options">
        {options.map((option) => (
          <label key={option.value}>
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChoose(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
