import type { z } from 'zod';
import type { CoreSettings } from './core-settings.ts';

/** What the configuration must know of a dialect. */
export interface DialectSettings<Shape extends z.ZodRawShape = z.ZodRawShape> {
  /** Its name in `DIALECTS` and `AUTH_DIALECTS`. */
  readonly name: string;
  /** Its own settings, by the names that the environment and the config file give them. */
  readonly settings: Shape;
  /**
   * What is wrong with settings that are each valid, but not together: a line a fault, which names its setting.
   * Default: nothing ever is.
   */
  faults?(settings: Own<Shape> & CoreSettings): readonly string[];
}

/** The values of a shape. (zod says of an empty one that it has no key whatever, the core's included.) */
export type Own<Shape extends z.ZodRawShape> = keyof Shape extends never
  ? unknown
  : z.infer<z.ZodObject<Shape>>;

/** What a dialect reads: its own settings, and those of the core. */
export type SettingsOf<Dialect extends DialectSettings> = Own<Dialect['settings']> & CoreSettings;

/** The same, with its types checked and kept. */
export function defineSettings<Shape extends z.ZodRawShape>(
  dialect: DialectSettings<Shape>,
): DialectSettings<Shape> {
  return dialect;
}
