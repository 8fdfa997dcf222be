import type { Fetch, FetchInit } from '../../src/client/types.ts';
import type { JsonObject } from '../../src/core/json.ts';

/** A command that was posted and not answered yet. */
export interface Posted {
  readonly url: string;
  readonly message: JsonObject;
  readonly token: string | undefined;
  /** As the gateway answers: an ACK, or a problem document. */
  answer(body: JsonObject, status?: number): void;
  ack(): void;
  /** The connection is reset: nobody knows before or after what. */
  cut(): void;
}

/** A `fetch` of which the test answers the commands. All else is answered with this status; undefined: by nobody. */
export function createScriptedFetch(others?: number) {
  const posts: Posted[] = [];
  const script = { others, posts };
  const post = (url: string, { headers, body = '' }: FetchInit): Promise<Response> =>
    new Promise((resolve, reject) => {
      const message: JsonObject = JSON.parse(body);
      const answer = (said: JsonObject, status = 200): void =>
        resolve(new Response(JSON.stringify(said), { status }));
      posts.push({
        url,
        message,
        token: headers.authorization,
        answer,
        ack: () =>
          answer({ type: 'ACK', command: `${message.type}`, requestId: `${message.requestId}`, result: 1 }),
        cut: () => reject(new TypeError('fetch failed')),
      });
    });
  const fetch: Fetch = (url, init) => {
    if (init.method === 'POST') return post(url, init);
    if (script.others === undefined) return Promise.reject(new TypeError('fetch failed'));
    return Promise.resolve(new Response(null, { status: script.others }));
  };
  return Object.assign(script, { fetch });
}
