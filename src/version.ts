import { readFileSync } from 'node:fs';

const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** The version in package.json, which lies one folder up both from the sources and from the build. */
export const version =
  typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown';

/** For API descriptions. */
export const info = {
  title: 'telemetry-bff',
  version,
  description: 'Real-time telemetry of an engine for dashboards',
};
