import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/config-error.ts';
import type { LoadOptions } from '../../src/config/load.ts';
import { loadSettings, type Settings } from '../../src/settings.ts';
import type { TestScope } from '../support/wait.ts';

/** Writes a config file that is gone after the test; returns its path. */
export function configFile(test: TestScope, name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-bff-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

export function load(env: LoadOptions['env'], required: LoadOptions['required'] = {}): Settings {
  return loadSettings({ env, required });
}

/** The faults of settings that must not be accepted, one a line. */
export function faultsOf(env: LoadOptions['env'], required: LoadOptions['required'] = {}): string[] {
  return messageOf(env, required)
    .split('\n')
    .slice(1)
    .map((line) => line.trim());
}

export function messageOf(env: LoadOptions['env'], required: LoadOptions['required'] = {}): string {
  try {
    loadSettings({ env, required });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the settings were accepted');
}
