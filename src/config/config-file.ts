import { errorMessage } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { ConfigError } from './config-error.ts';

/** The settings of the file that `CONFIG_FILE` names, as they are given there. Throws ConfigError. */
export function readConfigFile(path: string | undefined): JsonObject {
  if (path === undefined || path === '') return {};
  let text: string;
  try {
    text = process.getBuiltinModule('node:fs').readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([`CONFIG_FILE: cannot read ${path}: ${errorMessage(error)}`]);
  }
  const content = path.endsWith('.json') ? parseJson(path, text) : parseYaml(path, text);
  if (!isJsonObject(content)) throw new ConfigError([`CONFIG_FILE: ${path} does not hold a map of settings`]);
  return content;
}

// Errors state the place only: the parsers' messages quote the line, which may hold a secret.

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConfigError([`CONFIG_FILE: cannot read ${path}: not valid JSON`]);
  }
}

/** Loads the parser when there is something to parse: `health` runs every few seconds, mostly without it. */
function parseYaml(path: string, text: string): unknown {
  const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);
  const { parseDocument }: typeof import('yaml') = require('yaml');
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault === undefined) return document.toJS();
  const line = fault.linePos?.[0].line;
  throw new ConfigError([
    `CONFIG_FILE: cannot read ${path}: not valid YAML${line === undefined ? '' : ` at line ${line}`}`,
  ]);
}
