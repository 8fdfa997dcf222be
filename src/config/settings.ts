import { z } from 'zod';
import { hostExamples, hostNameFault } from '../access/host-name.ts';
import { originExamples, readOriginPattern } from '../access/origin-pattern.ts';
import { roles } from '../access/role.ts';
import { forbiddenKeys } from '../core/untrusted-json.ts';
import { historyDefaults } from '../feed/history.ts';
import { sentOnFault } from '../http/forwarded-headers.ts';
import { logLevels } from '../observe/logger.ts';
import { documentDefaults, type FurtherSource } from '../protocol/telemetry/engine-document.ts';
import { engineSources } from '../protocol/telemetry/ownership.ts';
import { reservedKeys } from '../protocol/telemetry/shape.ts';
import { enginePathPattern } from '../source/engine-client.ts';
import { cronFault } from '../source/schedule.ts';

/**
 * Every setting by its name, as the environment and the config file give it: one schema with the default and
 * the bounds of each. Text from the environment is read as the number or list it stands for.
 */

const integer = (min: number, max: number) => {
  const error = `expected a whole number from ${min} to ${max}`;
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value),
    z.number({ error }).int({ error }).min(min, { error }).max(max, { error }),
  );
};

const urlWith = (schemes: readonly string[], example: string) =>
  z.string().superRefine((text, context) => {
    const expected = `expected a URL such as ${example}`;
    if (!URL.canParse(text)) context.addIssue({ code: 'custom', message: `not a URL: ${expected}` });
    else if (!schemes.includes(new URL(text).protocol)) {
      context.addIssue({ code: 'custom', message: `scheme must be ${schemes.join(' or ')} – ${expected}` });
    }
  });

const cron = z.string().superRefine((text, context) => {
  const fault = cronFault(text);
  if (fault !== undefined) {
    context.addIssue({
      code: 'custom',
      message: `${fault} – expected six fields, seconds first: * * * * * *`,
    });
  }
});

/** The engine's address, below which its paths begin: what else a URL may hold would be lost without a word. */
const engineUrl = urlWith(['http:', 'https:'], 'http://localhost:8000').superRefine((text, context) => {
  if (!URL.canParse(text)) return;
  const { username, password, search, hash } = new URL(text);
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (username !== '' || password !== '') {
    refuse('a user and password are not sent to the engine – expected none, and a token in ENGINE_TOKEN');
  }
  if (search !== '' || hash !== '') refuse('expected a URL without a query, such as http://localhost:8000');
});

/** Text from the environment is a comma list; a config file may give an array. */
const list = <Item extends z.ZodType>(item: Item, error?: string) =>
  z.preprocess(
    (value) =>
      typeof value === 'string'
        ? value
            .split(',')
            .map((entry) => entry.trim())
            .filter((entry) => entry !== '')
        : value,
    z.array(item, error === undefined ? {} : { error }),
  );

const flag = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean({ error: 'expected true or false' }),
);

/** The dialects that are built in. */
const dialects = ['telemetry', 'diagnostics', 'streams'] as const;
const expectedDialects = `expected a comma list of ${dialects.join(', ')}`;
const dialectList = list(z.enum(dialects, { error: expectedDialects })).transform((names) => [
  ...new Set(names),
]);

const origins = list(z.string(), `expected ${originExamples}`)
  .refine((entries) => entries.length > 0, { error: `nothing is listed – expected ${originExamples}` })
  .transform((entries, context): '*' | string[] => {
    if (entries.length === 1 && entries[0] === '*') return '*';
    for (const entry of entries) {
      const fault = entry === '*' ? 'allows every origin, and stands alone' : readOriginPattern(entry);
      if (typeof fault !== 'string') continue;
      context.addIssue({ code: 'custom', message: `"${entry}" ${fault} – expected ${originExamples}` });
    }
    return entries;
  });

const hosts = list(z.string(), `expected ${hostExamples}`)
  .refine((entries) => entries.length > 0, { error: `nothing is listed – expected ${hostExamples}` })
  .superRefine((entries, context) => {
    for (const entry of entries) {
      const fault = hostNameFault(entry);
      if (fault === undefined) continue;
      context.addIssue({ code: 'custom', message: `"${entry}" ${fault} – expected ${hostExamples}` });
    }
  });

const fixedNames = new Set<string>([
  ...engineSources.map(({ name }) => name),
  'redis',
  'gateway',
  // Names become keys of the document.
  ...forbiddenKeys,
]);
const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,31}$/, { error: 'expected letters, digits and _, 32 at most' });
const sources = z
  .array(
    z.strictObject({
      name: name.refine((value) => !fixedNames.has(value), {
        error: 'this name belongs to a built-in source',
      }),
      path: z
        .string()
        .regex(enginePathPattern, { error: 'expected a path that starts with one slash, such as /api/risk' }),
      into: name
        .refine((value) => !reservedKeys.has(value) && !forbiddenKeys.has(value), {
          error: 'this section belongs to the telemetry document',
        })
        .optional(),
      everyCron: cron.optional(),
      timeoutMs: integer(1, 600_000).optional(),
    }),
  )
  .refine((list) => new Set(list.map((source) => source.name)).size === list.length, {
    error: 'two sources have the same name',
  })
  .refine(
    (list) => {
      const sections = list.flatMap(({ into }) => (into === undefined ? [] : [into]));
      return new Set(sections).size === sections.length;
    },
    { error: 'two sources are put into the same section' },
  )
  .transform((list) => list as FurtherSource[]);

export const settingsSchema = z.strictObject({
  PORT: integer(0, 65_535).default(3000),
  HOST: z.string().min(1).default('0.0.0.0'),
  EXTRA_PORTS: list(integer(1, 65_535)).default([]),
  OPS_PORT: integer(0, 65_535).optional(),
  OPS_HOST: z.string().min(1).optional(),
  ENGINE_URL: engineUrl.optional(),
  ENGINE_TOKEN: z
    .string()
    .regex(/^[!-~]+$/, { error: 'expected a token without spaces, line breaks and letters beyond ASCII' })
    .optional(),
  REDIS_URL: urlWith(['redis:', 'rediss:'], 'redis://localhost:6379').optional(),
  REDIS_STATE_CHANNEL: z.string().min(1).default('state_update'),
  POLL_CRON: cron.default(documentDefaults.pollCron),
  POLL_TIMEOUT_MS: integer(1, 600_000).default(documentDefaults.pollTimeoutMs),
  STATE_MAX_AGE_MS: integer(0, 86_400_000).optional(),
  MAX_RATE_HZ: integer(0, 1000).default(documentDefaults.maxRateHz),
  HISTORY_SECONDS: integer(0, 86_400).default(historyDefaults.historySeconds),
  HISTORY_MAX_BYTES: integer(0, 8 * 1024 ** 3).default(historyDefaults.historyMaxBytes),
  MAX_RENDITIONS: integer(0, 100_000).default(500),
  MAX_SYMBOLS: integer(0, 100_000).default(100),
  COMPRESSION: z.enum(['shared', 'off']).default('shared'),
  ENGINE_PASSTHROUGH: list(
    z.string().regex(/^(\/[A-Za-z0-9._~-]+)+$/, {
      error: 'expected path prefixes such as /api/instances,/api/orders',
    }),
  ).default([]),
  ENGINE_PASSTHROUGH_HEADERS: list(
    z.string().superRefine((name, context) => {
      const message = sentOnFault(name);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    }),
  ).default([]),
  AUTH_JWT_SECRET: z.string().min(1).optional(),
  AUTH_PUBLIC_KEY: z.string().min(1).optional(),
  AUTH_JWKS_URL: urlWith(['http:', 'https:'], 'https://login.example.com/.well-known/jwks.json').optional(),
  AUTH_ISSUER: z.string().min(1).optional(),
  AUTH_AUDIENCE: z.string().min(1).optional(),
  AUTH_DEFAULT_ROLE: z.enum(roles).optional(),
  DIALECTS: dialectList
    .refine((names) => names.length > 0, { error: `nothing would be served – ${expectedDialects}` })
    .default([...dialects]),
  AUTH_DIALECTS: dialectList.default([...dialects]),
  METRICS_AUTH: flag.default(false),
  ALLOW_COMMANDS: flag.default(false),
  ALLOW_INGEST: flag.default(false),
  ALLOWED_ORIGINS: origins.default('*'),
  ALLOWED_HOSTS: hosts.optional(),
  TRUST_PROXY: integer(0, 32).default(0),
  MAX_CONNECTIONS: integer(0, 1_000_000).default(20_000),
  MAX_CONNECTIONS_PER_IP: integer(0, 1_000_000).default(100),
  SHUTDOWN_TIMEOUT_MS: integer(0, 600_000).default(5000),
  LOG_LEVEL: z.enum(logLevels).default('info'),
  INSTANCE_LOG_DIR: z.string().min(1).optional(),
  ENGINE_PORT: integer(0, 65_535).default(8000),
  ENGINE_LOG_DIR: z.string().min(1).optional(),
  sources: sources.default([]),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SettingName = keyof Settings;

/** Settings that are never printed, and those that may hold a user's name and password. */
export const secretSettings: ReadonlySet<string> = new Set(['ENGINE_TOKEN', 'AUTH_JWT_SECRET']);
export const urlSettings: ReadonlySet<string> = new Set(['REDIS_URL', 'ENGINE_URL', 'AUTH_JWKS_URL']);
