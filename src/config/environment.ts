export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings as given, by name, and faults in how they were given. */
export interface Given {
  readonly values: Readonly<Record<string, unknown>>;
  readonly faults: readonly string[];
}

/** Ends the name that gives a setting by the path of a file. */
export const fileSuffix = '_FILE';
const maxFileBytes = 1024 * 1024;
/** Kubernetes sets these in the environment for a service named `engine` or `ops`. */
const ofKubernetes = /^tcp:\/\//;
const portsOfServices: ReadonlySet<string> = new Set(['ENGINE_PORT', 'OPS_PORT']);

/**
 * The settings of the environment over those of the config file. Instead of a value `<name>_FILE` may name a file that
 * holds it, such as a mounted secret.
 * @param names what may be set
 */
export function readGiven(
  env: Environment,
  file: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Given {
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(file).map(([name, value]) => [
      name,
      typeof value === 'string' ? withoutLineEnd(value) : value,
    ]),
  );
  const faults: string[] = [];
  for (const name of names) {
    const text = textOf(env, name);
    const [pathFrom, path] = pathOf(name, env, file);
    delete values[`${name}${fileSuffix}`];
    if (path === undefined || (text !== undefined && pathFrom === 'file')) {
      if (text !== undefined) values[name] = text;
      continue;
    }
    if (pathFrom === 'env' ? text !== undefined : file[name] !== undefined) {
      faults.push(`${name}, ${name}${fileSuffix}: both are set – set one of them`);
      continue;
    }
    const content = readSettingFile(path);
    if (content.ok) values[name] = content.text;
    else faults.push(`${name}${fileSuffix}: ${content.fault} (given: ${shownPath(path)})`);
  }
  return { values, faults };
}

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

/** An empty variable counts as unset: compose files pass unset variables as empty ones. */
function textOf(env: Environment, name: string): string | undefined {
  const text = env[name] === undefined ? undefined : withoutLineEnd(env[name]);
  if (text === undefined || text === '') return undefined;
  return portsOfServices.has(name) && ofKubernetes.test(text) ? undefined : text;
}

function pathOf(
  name: string,
  env: Environment,
  file: Readonly<Record<string, unknown>>,
): readonly ['env' | 'file', unknown] {
  const key = `${name}${fileSuffix}`;
  const fromEnv = env[key];
  return fromEnv === undefined || fromEnv === '' ? ['file', file[key]] : ['env', fromEnv];
}

/** Shows what looks like a path; anything else may be a secret in the wrong place. */
function shownPath(path: unknown): string {
  return typeof path === 'string' && /^[./]/.test(path) ? JSON.stringify(path) : '[redacted]';
}

function readSettingFile(
  path: unknown,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly fault: string } {
  if (typeof path !== 'string') return { ok: false, fault: 'expected the path of a file' };
  const { readFileSync, statSync } = process.getBuiltinModule('node:fs');
  try {
    if (statSync(path).size > maxFileBytes)
      return { ok: false, fault: 'the file is no setting: it is over 1 MiB' };
    const text = withoutLineEnd(readFileSync(path, 'utf8'));
    return text === '' ? { ok: false, fault: 'the file is empty' } : { ok: true, text };
  } catch (error) {
    // Not its message, which quotes the path: it may be the secret itself.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return { ok: false, fault: `cannot read the file: ${code}` };
  }
}
