import { z } from 'zod';
import { type CoreSettings, coreSettings } from './core-settings.ts';

/** The settings of a dialect. */
export interface DialectSettings<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** Its name in `DIALECTS` and `AUTH_DIALECTS`. */
  readonly name: string;
  /** Its own settings, by name. */
  readonly settings: Shape;
  /** Faults of settings that are each valid, but not together: one line each, naming the setting. */
  faults?(settings: Own<Shape> & CoreSettings): readonly string[];
}

/** The values of a shape. (zod infers `Record<string, never>` from an empty one.) */
export type Own<Shape extends z.ZodRawShape> = keyof Shape extends never
  ? unknown
  : z.infer<z.ZodObject<Shape>>;

/** Its own settings and those of the core. */
export type SettingsOf<Dialect extends DialectSettings> = Own<Dialect['settings']> & CoreSettings;

export function defineSettings<Shape extends z.ZodRawShape>(
  dialect: DialectSettings<Shape>,
): DialectSettings<Shape> {
  return dialect;
}

/** The settings of the core and of all dialects of a list. */
export type ComposedSettings<Dialects extends readonly DialectSettings[]> = CoreSettings & OwnOf<Dialects>;

type OwnOf<Dialects> = Dialects extends readonly [infer First extends DialectSettings, ...infer Others]
  ? Own<First['settings']> & OwnOf<Others>
  : unknown;

interface Composition<Settings> {
  readonly schema: z.ZodType<Settings>;
  readonly names: readonly string[];
}

/**
 * One strict schema of the settings of the core and those of the dialects: unknown names are refused. Throws where two
 * state the same name.
 */
export function compose<const Dialects extends readonly DialectSettings[]>(
  dialects: Dialects,
): Composition<ComposedSettings<Dialects>>;
// The compiler cannot infer a shape that is built in a loop: its type is stated above.
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
