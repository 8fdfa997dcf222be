import { useState } from 'preact/hooks';
import { applyTheme, readTheme, themes } from '../hook/use-theme.ts';

const icons = { auto: '◐', light: '☀', dark: '☾' } as const;

/** Goes through the themes: as the system has it, light, dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(readTheme);
  const onClick = (): void => {
    const next = themes[(themes.indexOf(readTheme()) + 1) % themes.length] ?? 'auto';
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button
      type="button"
      class="quiet"
      onClick={onClick}
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}`}
    >
      <span aria-hidden="true">{icons[theme]}</span>
    </button>
  );
}
