import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { readBounded } from '../core/bounded-body.ts';
import { errorMessage } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { parseUntrusted } from '../core/untrusted-json.ts';

const maxProblemBytes = 16 * 1024;
const answerMs = 2000;

/**
 * A WebSocket that says why its handshake was refused, if the answer does (RFC 9457): `ORIGIN_REFUSED: … – HTTP 403`
 * and not merely the status. The status is at the end, as in the message of `ws`.
 */
export class ExplainedWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols);
    this.once('unexpected-response', (request, response) => void explain(request, response));
  }
}

/** Never rejects. */
async function explain(request: ClientRequest, response: IncomingMessage): Promise<void> {
  const timer = setTimeout(() => response.destroy(new Error('no whole answer')), answerMs);
  const words = await problemOf(response).catch(errorMessage);
  clearTimeout(timer);
  // The way in which `ws` learns of all other failures; destroying a request that is answered tells nobody.
  request.emit('error', new Error(`${words}${words === '' ? '' : ' – '}HTTP ${response.statusCode}`));
  request.destroy();
}

async function problemOf(response: IncomingMessage): Promise<string> {
  const text = new TextDecoder().decode(await readBounded(response, maxProblemBytes));
  const read = parseUntrusted(text, { nonFinite: 'null' });
  const body: unknown = read.ok ? read.value : undefined;
  const { code, detail }: { code?: unknown; detail?: unknown } = isJsonObject(body) ? body : {};
  return [code, detail].filter((word) => typeof word === 'string').join(': ');
}
