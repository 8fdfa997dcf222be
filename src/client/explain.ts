import type { ConnectionEnd } from './connection.ts';
import { type HttpRequest, readRefusal, sendRequest } from './http-request.ts';
import { platform } from './platform.ts';

/**
 * Asks by HTTP why a connection did not come about: browsers say nothing of a WebSocket's failed handshake, and of
 * a `fetch` only that it failed.
 *
 * A page of an origin that the gateway refuses cannot even read that it is refused. Hence the guess: something is
 * there that answers, and this page may not read it. It may be something else that stands before a gateway that is
 * away just now.
 */
export async function explain(request: HttpRequest): Promise<Partial<ConnectionEnd>> {
  // Where nobody answers this, all has been said. A browser leaves the token out.
  const { type } = await sendRequest(request, {}, { method: 'HEAD', mode: 'no-cors' });
  const answer = await sendRequest(request, {}).catch(() => undefined);
  if (answer?.ok) return type === 'basic' ? await explainOwn(request) : {};
  if (answer) {
    const end = await readRefusal(answer);
    // Of others than the gateway, it is about this request and no connection.
    return { ...end, refuses: end.word && end.refuses };
  }
  const reason = `this page may not read the answer: is ${platform.origin} in ALLOWED_ORIGINS, the host in ALLOWED_HOSTS?`;
  return type === 'opaque' ? { refuses: 'refused', word: 'guess', reason } : {};
}

/**
 * A GET of a page to its own origin names no origin, unlike the WebSocket's handshake and a command: where the gateway does
 * not know the page's host name for its own, it refuses those, and other transports are let in.
 */
async function explainOwn(request: HttpRequest): Promise<Partial<ConnectionEnd>> {
  const answer = await sendRequest(request, {}, { method: 'OPTIONS' });
  const { word, reason }: Partial<ConnectionEnd> = answer.ok ? {} : await readRefusal(answer);
  // A proxy may know no OPTIONS.
  return word && reason ? { reason } : {};
}
