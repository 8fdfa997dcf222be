import type { JsonValue } from '../core/json.ts';
import type { ClientContext } from './connection.ts';
import { readAnswer, sendRequest } from './http-request.ts';
import { TelemetryError } from './telemetry-error.ts';
import type { CommandResult, Fetch, FetchInit } from './types.ts';

/** What the gateway is told. */
export interface CommandMessage {
  readonly type: CommandResult['command'];
  readonly requestId: string;
  readonly reason: string | undefined;
}

interface Posting {
  readonly signal: AbortSignal;
  /** Whether to send without a HEAD request first: the gateway was heard just now, or it does not matter. */
  readonly isUrgent: boolean;
  /** True: it is sent now. False: it was not accepted. */
  readonly onSent: (isOut: boolean) => void;
}

/**
 * Sends a command by HTTP, once. Resolves with the engine's answer. Rejects with a TelemetryError where the gateway
 * refuses it, else with why nobody knows what became of it.
 */
export async function postCommand(
  fetch: Fetch,
  { base, tokens }: Pick<ClientContext, 'base' | 'tokens'>,
  message: CommandMessage,
  { signal, isUrgent, onSent }: Posting,
): Promise<JsonValue | undefined> {
  const url = new URL(`api/telemetry/${message.type.toLowerCase()}`, base).href;
  const request = (more: Partial<FetchInit>, token?: string): Promise<Response> =>
    sendRequest({ fetch, url, token, signal }, { 'content-type': 'application/json' }, more);
  /**
   * Of a POST that fails a browser does not say whether it went out; where nobody answered this before, it
   * certainly did not. The gateway answers it at once, whoever asks.
   */
  const reach = async (): Promise<void> => {
    const { status } = await request({ method: 'HEAD', mode: 'no-cors' });
    // A proxy that does not reach the gateway. Other errors may concern HEAD only, which not every proxy knows.
    if (status > 501 && status < 505) throw new Error(`HTTP ${status}`);
  };
  const send = (token: string | undefined): Promise<Response> => {
    signal.throwIfAborted();
    onSent(true);
    return request({ method: 'POST', body: JSON.stringify(message) }, token);
  };

  const [token] = await Promise.all([tokens.get(), isUrgent || reach()]);
  let response = await send(token);
  if (response.status === 401) {
    onSent(false);
    tokens.refuse(token);
    const next = await tokens.get();
    if (next !== token) response = await send(next);
  }

  const { status } = response;
  if (status !== 401) tokens.accept();
  const answer = await readAnswer(response);
  const { type, result, code, detail, effect, words } = answer;
  // Any other 200 comes from something in between, such as a login page.
  if (type === 'ACK' && answer.requestId === message.requestId) return result;
  // Where the gateway could not take it just then, a HALT is tried again.
  const isFinal = status !== 503 || message.type === 'RESUME';
  if (isFinal && (effect === 'none' || effect === 'unknown')) {
    throw new TelemetryError(`${code}`, `${detail}`, { effect });
  }
  // With 4xx a proxy refused it; with 5xx a proxy does not know whether it was carried out.
  if (effect === 'none' || (status >= 400 && status < 500)) onSent(false);
  throw new Error(words);
}
