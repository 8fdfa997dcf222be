import type { Access } from '../../access/access.ts';
import { Refusal } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import { parseUntrusted } from '../../core/untrusted-json.ts';
import { bodyCutOff, readBody } from '../../http/body.ts';
import type { Handler, TakePath } from '../../http/passthrough.ts';
import { problemResponse } from '../../http/problem.ts';
import type { Router } from '../../http/router.ts';
import type { RunCommand } from './commands.ts';
import { haltMessage, resumeMessage } from './schema.ts';
import { dialect } from './views.ts';

export interface CommandApiDependencies {
  readonly router: Router;
  readonly access: Pick<Access, 'authorise' | 'policies'>;
  readonly runCommand: RunCommand;
  readonly newConnectionId: () => string;
}

const maxBodyBytes = 16 * 1024;
const commands = [
  ['halt', haltMessage],
  ['resume', resumeMessage],
] as const;

/**
 * HALT and RESUME over HTTP: for programs, and for pages that no WebSocket gets through to. The same commands with
 * the same answers: 200 with the ACK, or a problem document with `code` and `effect`.
 *
 * @returns who answers requests for the engine's own command paths, where these are forwarded: so that there is no
 *   second way to the engine, unserialised and without a line in the audit log
 */
export function addCommandApi(dependencies: CommandApiDependencies): TakePath {
  const engines = new Map<string, Handler>();
  for (const [name, schema] of commands) {
    const handler: Handler = (context) => {
      if (context.req.method === 'POST') return carryOut(schema, context, dependencies);
      const response = problemResponse(new Refusal('METHOD_NOT_ALLOWED', { detail: 'send a POST' }), 'none');
      response.headers.set('allow', 'POST');
      return response;
    };
    dependencies.router.all(`/api/telemetry/${name}`, handler);
    engines.set(`/api/system/${name}`, handler);
  }
  return (path) => engines.get(path);
}

async function carryOut(
  schema: typeof haltMessage | typeof resumeMessage,
  { req }: Parameters<Handler>[0],
  { access, runCommand, newConnectionId }: CommandApiDependencies,
): Promise<Response> {
  const principal = await access.authorise(req.raw, access.policies.viewing(dialect));
  if (principal instanceof Refusal) return problemResponse(principal, 'none');
  const fields = await readFields(req.raw);
  if (fields instanceof Response) return fields;
  const packet = await runCommand(schema.parse({ ...fields, type: schema.shape.type.value }), {
    connectionId: newConnectionId(),
    principal,
    transport: 'http',
  });
  if (packet.type === 'ACK') return Response.json(packet, { headers: { 'cache-control': 'no-store' } });
  return problemResponse(new Refusal(packet.code, { detail: packet.message }), packet.effect);
}

/** What stands in the body; empty: nothing. */
async function readFields(request: Request): Promise<JsonObject | Response> {
  const body = await readBody(request, maxBodyBytes);
  if (body === 'too_large') return refuse('TOO_LARGE', `a command may have ${maxBodyBytes} bytes`);
  if (body === 'cut_off') return problemResponse(bodyCutOff, 'none');
  // A HALT must not fail for the want of a header that says what is not there.
  if (body === undefined) return {};
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') {
    return refuse('UNSUPPORTED_MEDIA_TYPE', 'send it with Content-Type: application/json');
  }
  const parsed = parseUntrusted(body.toString('utf8'), { nonFinite: 'null' });
  if (parsed.ok && isJsonObject(parsed.value)) return parsed.value;
  return refuse('BAD_REQUEST', 'expected a JSON object, such as {"reason":"drill","requestId":"1"}');
}

function refuse(code: 'BAD_REQUEST' | 'TOO_LARGE' | 'UNSUPPORTED_MEDIA_TYPE', detail: string): Response {
  return problemResponse(new Refusal(code, { detail }), 'none');
}
