import type { Policy } from '../../access/policy.ts';
import { Refusal } from '../../core/errors.ts';
import { createForm } from '../../encode/message.ts';
import type { StateFeed } from '../../feed/state-feed.ts';
import { CodedContent, codedResponse } from '../../http/coded-content.ts';
import { acceptedForSecrets } from '../../http/content-coding.ts';
import type { Serve } from '../../serve/serve.ts';
import type { SnapshotMessages } from './messages.ts';
import { rangeStateOf, snapshotPosition, statePosition } from './range-state.ts';
import type { Ranges } from './ranges.ts';
import { hoursDefault, rangeQuery } from './schema.ts';

const contentOf = createForm(({ payload }) => new CodedContent(payload));
const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };

/** The snapshot of a range over plain HTTP. */
export function serveMetricsApi(
  serve: Pick<Serve, 'http'>,
  parts: { readonly viewing: Policy; readonly ranges: Ranges; readonly messages: SnapshotMessages },
): void {
  const { viewing: access, ranges, messages } = parts;
  serve.http('get', '/api/metrics/overview', {
    access,
    query: rangeQuery,
    async answer({ request, query: { hours = hoursDefault } }) {
      const { range } = await ranges.upToDate(hours);
      return await answerFrom(request, range, messages);
    },
  });
}

/** What is held, marked where it may be out of date; a refusal where nothing is. */
async function answerFrom(
  request: Request,
  range: StateFeed,
  messages: SnapshotMessages,
): Promise<Response | Refusal> {
  const { current } = range;
  const { data, fault } = rangeStateOf(current.document);
  if (data === undefined) return new Refusal('NO_DATA', { detail: fault?.error, retryAfterS: 1 });
  const content = () => contentOf(messages.of(current, snapshotPosition(range), undefined));
  const response = await codedResponse(request, statePosition(range), headers, {
    acceptEncoding: acceptedForSecrets(request),
    content,
  });
  if (fault !== undefined) response.headers.set('x-telemetry-state', 'stale');
  return response;
}
