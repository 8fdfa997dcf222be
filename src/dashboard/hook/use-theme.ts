import { useEffect, useState } from 'preact/hooks';
import { lasting } from '../page-storage.ts';

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const storageKey = 'theme';
const changed = new EventTarget();
const prefersDark = matchMedia('(prefers-color-scheme: dark)');

export function readTheme(): Theme {
  return themes.find((theme) => theme === lasting.read(storageKey)) ?? 'auto';
}

/** Puts a theme on, for this visit and the next ones. */
export function applyTheme(theme: Theme): void {
  lasting.write(storageKey, theme);
  const isDark = theme === 'auto' ? prefersDark.matches : theme === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  changed.dispatchEvent(new Event('change'));
}

prefersDark.addEventListener('change', () => applyTheme(readTheme()));

/** Counts up whenever colours change: canvases have to be painted anew. */
export function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const onChange = (): void => setVersion((before) => before + 1);
    changed.addEventListener('change', onChange);
    return () => changed.removeEventListener('change', onChange);
  }, []);
  return version;
}

/** A colour of the present theme by its custom property. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
