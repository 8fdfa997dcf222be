import { Config, type LoadOptions } from './config/load.ts';
import { dialects } from './dialects.ts';

/** The settings of this gateway: those of the core, and those of its dialects. */
const config = new Config(dialects);
export type Settings = ReturnType<typeof config.load>;

export const settingNames = config.names;

/** Throws ConfigError. */
export function loadSettings(options: LoadOptions<keyof Settings>): Settings {
  return config.load(options);
}

/** Variables that begin like settings and are none. */
export function unknownSettings(options: LoadOptions): readonly string[] {
  return config.unknownNames(options);
}
