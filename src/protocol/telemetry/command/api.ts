import type { Policy } from '../../../access/policy.ts';
import { Refusal } from '../../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../../core/json.ts';
import { randomId } from '../../../core/random.ts';
import { parseUntrusted } from '../../../core/untrusted-json.ts';
import { bodyCutOff, readBody } from '../../../http/body.ts';
import { problemResponse } from '../../../http/responses.ts';
import type { Serve } from '../../../serve/serve.ts';
import { haltMessage, resumeMessage } from '../schema.ts';
import type { Commands } from './commands.ts';
import { answerPacket } from './order.ts';

const maxBodyBytes = 16 * 1024;
const paths = [
  ['halt', haltMessage],
  ['resume', resumeMessage],
] as const;

/**
 * HALT and RESUME over HTTP: for programs, and for pages that no WebSocket gets through to. The same commands with
 * the same answers: 200 with the ACK, or a problem document with `code` and `effect`. So are the engine's own command
 * paths, where these are forwarded, so that every command is serialised and has a line in the audit log.
 */
export function serveCommandApi(
  serve: Pick<Serve, 'http'>,
  {
    commands,
    viewing,
  }: {
    readonly commands: Pick<Commands, 'run'>;
    /** Who may view: whether a client may command is checked when the command is run. */
    readonly viewing: Policy;
  },
): void {
  for (const [name, schema] of paths) {
    serve.http('post', `/api/telemetry/${name}`, {
      access: viewing,
      effect: 'none',
      inPlaceOf: `/api/system/${name}`,
      async answer({ request, principal }) {
        const fields = await readFields(request);
        if (fields instanceof Refusal) return fields;
        const message = schema.parse({ ...fields, type: schema.shape.type.value });
        const sender = { connectionId: randomId(), principal, transport: 'http' } as const;
        const outcome = await commands.run(message, sender);
        if (!outcome.ok)
          return problemResponse(new Refusal(outcome.code, { detail: outcome.message }), outcome.effect);
        const headers = { 'cache-control': 'no-store' };
        return Response.json(answerPacket(message, outcome), { headers });
      },
    });
  }
}

/** The fields of the body; none of an empty one. */
async function readFields(request: Request): Promise<JsonObject | Refusal> {
  const body = await readBody(request, maxBodyBytes);
  if (body === 'too_large') return refuse('TOO_LARGE', `a command may have ${maxBodyBytes} bytes`);
  if (body === 'cut_off') return bodyCutOff;
  // Without a body no `Content-Type` is needed: a HALT must not fail for a missing header.
  if (body === undefined) return {};
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') {
    return refuse('UNSUPPORTED_MEDIA_TYPE', 'send it with Content-Type: application/json');
  }
  const parsed = parseUntrusted(body.toString('utf8'), { nonFinite: 'null' });
  if (parsed.ok && isJsonObject(parsed.value)) return parsed.value;
  return refuse('BAD_REQUEST', 'expected a JSON object, such as {"reason":"drill","requestId":"1"}');
}

function refuse(code: 'BAD_REQUEST' | 'TOO_LARGE' | 'UNSUPPORTED_MEDIA_TYPE', detail: string): Refusal {
  return new Refusal(code, { detail });
}
