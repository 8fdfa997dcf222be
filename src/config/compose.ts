import { z } from 'zod';
import { type CoreSettings, coreSettings } from './core-settings.ts';
import type { DialectSettings, Own } from './dialect-settings.ts';

/** The settings of the core and of all dialects of a list. */
export type ComposedSettings<Dialects extends readonly DialectSettings[]> = CoreSettings & OwnOf<Dialects>;

type OwnOf<Dialects> = Dialects extends readonly [infer First extends DialectSettings, ...infer Others]
  ? Own<First['settings']> & OwnOf<Others>
  : unknown;

export interface Composition<Settings> {
  /** One strict schema: unknown names are refused. */
  readonly schema: z.ZodType<Settings>;
  readonly names: readonly string[];
}

/** Makes one schema of the settings of the core and those of the dialects. Throws where two state the same name. */
export function compose<const Dialects extends readonly DialectSettings[]>(
  dialects: Dialects,
): Composition<ComposedSettings<Dialects>>;
// The compiler cannot follow a shape that is gathered in a loop: what it makes is stated above.
export function compose(dialects: readonly DialectSettings[]): Composition<unknown> {
  const shape: Record<string, z.core.$ZodType> = { ...coreSettings(dialects.map(({ name }) => name)) };
  for (const { name: dialect, settings } of dialects) {
    for (const [name, setting] of Object.entries(settings)) {
      if (Object.hasOwn(shape, name)) throw new Error(`${dialect} states ${name}, which is stated already`);
      shape[name] = setting;
    }
  }
  return { schema: z.strictObject(shape), names: Object.keys(shape) };
}
