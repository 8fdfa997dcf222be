import { createConfig } from './config/load.ts';
import { dialects } from './dialects.ts';

/** The settings of this gateway: those of the core, and those of its dialects. */
export const { names: settingNames, loadSettings, unknownSettings } = createConfig(dialects);
export type Settings = ReturnType<typeof loadSettings>;
