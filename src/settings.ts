import { Config } from './config/load.ts';
import { dialects } from './dialects.ts';

/** The settings of this gateway: those of the core, and those of its dialects. */
export const {
  names: settingNames,
  load: loadSettings,
  unknownNames: unknownSettings,
} = new Config(dialects);
export type Settings = ReturnType<typeof loadSettings>;
