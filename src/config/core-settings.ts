import { z } from 'zod';
import { hostExamples, hostNameFault } from '../access/host-name.ts';
import { frameExamples, frameFault, originExamples, readOriginPattern } from '../access/origin-pattern.ts';
import { roles } from '../access/principal.ts';
import { commitTimingDefaults } from '../feed/commit-timing.ts';
import { historyDefaults } from '../feed/history.ts';
import { sentOnFault } from '../http/forwarded-headers.ts';
import { aliasesExpected, aliasFault } from '../http/paths.ts';
import { pinoLevels } from '../observe/logger.ts';
import { flag, integer, list, urlWith } from './kinds.ts';
import { listeningDefaults, maxPort } from './listening.ts';

/** The base URL of the engine: other parts of a URL would be ignored silently, and are refused. */
const engineUrl = urlWith(['http:', 'https:'], 'http://localhost:8000').superRefine((text, context) => {
  if (!URL.canParse(text)) return;
  const { username, password, search, hash } = new URL(text);
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (username !== '' || password !== '') {
    refuse('a user and password are not sent to the engine – expected none, and a token in ENGINE_TOKEN');
  }
  if (search !== '' || hash !== '') refuse('expected a URL without a query, such as http://localhost:8000');
});

/** A list of at least one entry. @param faultOf what is wrong with one; undefined: nothing */
const checkedList = (
  examples: string,
  faultOf: (entry: string, all: readonly string[]) => string | undefined,
) =>
  list(z.string(), `expected ${examples}`)
    .refine((entries) => entries.length > 0, { error: `nothing is listed – expected ${examples}` })
    .superRefine((entries, context) => {
      for (const entry of entries) {
        const fault = faultOf(entry, entries);
        if (fault === undefined) continue;
        context.addIssue({ code: 'custom', message: `"${entry}" ${fault} – expected ${examples}` });
      }
    });

const origins = checkedList(originExamples, (entry, all) => {
  if (entry === '*') return all.length === 1 ? undefined : 'allows every origin, and stands alone';
  const read = readOriginPattern(entry);
  return typeof read === 'string' ? read : undefined;
}).transform((entries): '*' | readonly string[] => (entries[0] === '*' ? '*' : entries));

/**
 * The settings that belong to no dialect, or to several, with their defaults and bounds.
 * @param dialects names of those that are built in
 */
export function coreSettings(dialects: readonly string[]) {
  const expectedDialects = `expected a comma list of ${dialects.join(', ')}`;
  const dialectList = list(z.enum(dialects, { error: expectedDialects })).transform((names) => [
    ...new Set(names),
  ]);
  return {
    PORT: integer(0, maxPort).default(listeningDefaults.PORT),
    HOST: z.string().min(1).default(listeningDefaults.HOST),
    EXTRA_PORTS: list(integer(1, maxPort)).default([]),
    PATH_ALIASES: list(
      z.string().superRefine((entry, context) => {
        const message = aliasFault(entry);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      }),
      aliasesExpected,
    ).default([]),
    OPS_PORT: integer(0, maxPort).optional(),
    OPS_HOST: z.string().min(1).optional(),
    ENGINE_URL: engineUrl.optional(),
    ENGINE_TOKEN: z
      .string()
      .regex(/^[!-~]+$/, { error: 'expected a token without spaces, line breaks and letters beyond ASCII' })
      .optional(),
    REDIS_URL: urlWith(['redis:', 'rediss:'], 'redis://localhost:6379').optional(),
    REDIS_STATE_CHANNEL: z.string().min(1).default('state_update'),
    POLL_TIMEOUT_MS: integer(1, 600_000).default(900),
    MAX_RATE_HZ: integer(0, 1000).default(commitTimingDefaults.maxRateHz),
    HISTORY_SECONDS: integer(0, 86_400).default(historyDefaults.historySeconds),
    HISTORY_MAX_BYTES: integer(0, 8 * 1024 ** 3).default(historyDefaults.historyMaxBytes),
    MAX_RENDITIONS: integer(0, 100_000).default(500),
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
    ALLOWED_HOSTS: checkedList(hostExamples, hostNameFault).optional(),
    ALLOW_FRAMES: checkedList(frameExamples, frameFault).default([]),
    TRUST_PROXY: integer(0, 32).default(0),
    MAX_CONNECTIONS: integer(0, 1_000_000).default(20_000),
    MAX_CONNECTIONS_PER_IP: integer(0, 1_000_000).default(100),
    SHUTDOWN_TIMEOUT_MS: integer(0, 600_000).default(5000),
    LOG_LEVEL: z.enum(pinoLevels).default('info'),
    ENGINE_PORT: integer(0, maxPort).default(listeningDefaults.ENGINE_PORT),
    ENGINE_LOG_DIR: z.string().min(1).optional(),
  };
}

export type CoreShape = ReturnType<typeof coreSettings>;
export type CoreSettings = z.infer<z.ZodObject<CoreShape>>;

/** Settings that are never printed, and those that may hold a user's name and password. */
export const secretSettings: ReadonlySet<string> = new Set(['ENGINE_TOKEN', 'AUTH_JWT_SECRET']);
export const urlSettings: ReadonlySet<string> = new Set(['REDIS_URL', 'ENGINE_URL', 'AUTH_JWKS_URL']);
