import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import { type Environment, readGiven } from './environment.ts';
import { expectedWholeNumber, readWholeNumber } from './numbers.ts';

/** Where the gateway and the demo engine listen if no setting says otherwise. */
export const listeningDefaults = { HOST: '0.0.0.0', PORT: 3000, ENGINE_PORT: 8000 } as const;
export const maxPort = 65_535;

/** Where a server of this machine listens. */
export interface Listening {
  readonly host: string;
  /** Never 0. */
  readonly port: number;
}

/**
 * Where `serve` or `engine` listens with these settings, environment and file, read as they read them but without the
 * schema of all settings, which takes longer to load than the question takes. Throws ConfigError.
 */
export function readListening(env: Environment, command: 'serve' | 'engine'): Listening {
  const names = command === 'engine' ? ['ENGINE_PORT', 'HOST'] : ['PORT', 'HOST', 'OPS_PORT', 'OPS_HOST'];
  const { values, faults: howGiven } = readGiven(env, readConfigFile(env.CONFIG_FILE), names);
  const faults = [...howGiven];
  const refuse = (name: string, expected: string): void => {
    faults.push(`${name}: ${expected} (given: ${JSON.stringify(values[name])})`);
  };
  const portOf = (name: string, standard: number): number => {
    const value = readWholeNumber(values[name] ?? standard);
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxPort) return value;
    refuse(name, expectedWholeNumber(0, maxPort));
    return 0;
  };
  const hostOf = (name: string, standard: string): string => {
    const value = values[name] ?? standard;
    if (typeof value === 'string' && value !== '') return value;
    refuse(name, 'expected an address to listen on');
    return standard;
  };
  const host = hostOf('HOST', listeningDefaults.HOST);
  const places =
    command === 'engine'
      ? [{ host, port: portOf('ENGINE_PORT', listeningDefaults.ENGINE_PORT) }]
      : [
          { host, port: portOf('PORT', listeningDefaults.PORT) },
          { host: hostOf('OPS_HOST', host), port: portOf('OPS_PORT', 0) },
        ];
  const known = places.find(({ port }) => port !== 0);
  if (faults.length === 0 && known !== undefined) return known;
  if (faults.length === 0)
    faults.push(`${names[0]}: 0 picks a free port, which nobody else knows – set a port`);
  throw new ConfigError(faults);
}
