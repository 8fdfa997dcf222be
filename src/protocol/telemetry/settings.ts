import { z } from 'zod';
import { defineSettings, type SettingsOf } from '../../config/dialect-settings.ts';
import { integer } from '../../config/kinds.ts';
import { authEnabled, isLoopbackHost } from '../../config/safety.ts';
import { forbiddenKeys } from '../../core/untrusted-json.ts';
import { enginePathPattern } from '../../source/engine-path.ts';
import { cronFault } from '../../source/schedule.ts';
import { engineSources } from './document/ownership.ts';
import { reservedKeys } from './document/shape.ts';

const cron = z.string().superRefine((text, context) => {
  const fault = cronFault(text);
  if (fault !== undefined) {
    context.addIssue({
      code: 'custom',
      message: `${fault} – expected six fields, seconds first: * * * * * *`,
    });
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
      /** Default: polled with the others. */
      everyCron: cron.optional(),
      /** Default: `POLL_TIMEOUT_MS`. */
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
  );

export const telemetrySettings = defineSettings({
  name: 'telemetry',
  settings: {
    /** When the sources are polled: node-cron expression, seconds first. */
    POLL_CRON: cron.default('* * * * * *'),
    /** How long the engine's `timestamp` may stand still. 0: never judged. Default: learned from how it moves. */
    STATE_MAX_AGE_MS: integer(0, 86_400_000).optional(),
    /** Symbols in use at once, those that linger included. 0: no bound. */
    MAX_SYMBOLS: integer(0, 100_000).default(100),
    /** Whether WebSocket clients that offer permessage-deflate get it. */
    COMPRESSION: z.enum(['shared', 'off']).default('shared'),
    /** What is polled besides the engine's three endpoints. */
    sources: sources.default([]),
  },
  faults(settings) {
    const { ALLOW_COMMANDS, ALLOWED_ORIGINS, HOST } = settings;
    if (!ALLOW_COMMANDS || authEnabled(settings) || ALLOWED_ORIGINS !== '*' || isLoopbackHost(HOST))
      return [];
    // A browser lets any page connect to any WebSocket: the page a trader has open could halt the engine.
    return [
      'ALLOW_COMMANDS: without auth any web page could command the engine – set ALLOWED_ORIGINS to the pages that may, or HOST to 127.0.0.1, or turn auth on',
    ];
  },
});

export type TelemetrySettings = SettingsOf<typeof telemetrySettings>;
/** A source besides the engine's three endpoints. */
export type FurtherSource = TelemetrySettings['sources'][number];
