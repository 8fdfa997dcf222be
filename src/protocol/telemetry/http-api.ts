import { isoTime } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import { acceptedForSecrets, chooseCoding } from '../../http/content-coding.ts';
import { gzipped } from '../../http/gzip-stream.ts';
import type { Serve } from '../../serve/serve.ts';
import { Snapshots } from '../../serve/snapshots.ts';
import type { Document } from './document/document.ts';
import type { Documents } from './document/documents.ts';
import type { EndpointDependencies } from './endpoint.ts';
import { contentTypes, HistoryReadings } from './view/history.ts';
import { historyQuery, refuseHistory, spanOf } from './view/history-query.ts';
import { connectOptions, optionsFor, refuseOptions } from './view/options.ts';
import { telemetryProjection, tooManySymbols } from './view/views.ts';

/** Snapshot and history over plain HTTP. */
export function serveTelemetryApi(
  serve: Pick<Serve, 'http'>,
  { documents, viewing: access, clock }: Pick<EndpointDependencies, 'documents' | 'viewing' | 'clock'>,
): void {
  const asked = { access, query: connectOptions, queryFault: refuseOptions };
  const [snapshots, histories] = [new Snapshots(), new HistoryReadings(clock)];

  serve.http('get', '/api/telemetry', {
    ...asked,
    async answer({ request, query, principal }) {
      const options = optionsFor(query, documents.engine.feed.current.document);
      if (options instanceof Refusal) return options;
      return await withDocument(options.symbol, principal.holder, documents, ({ feed }) =>
        snapshots.answer(request, telemetryProjection(feed, options.sections)),
      );
    },
  });

  serve.http('get', '/api/telemetry/history', {
    access,
    query: historyQuery,
    queryFault: refuseHistory,
    async answer({ request, query, principal, lasting }) {
      const options = optionsFor(query, documents.engine.feed.current.document);
      if (options instanceof Refusal) return options;
      return await withDocument(options.symbol, principal.holder, documents, ({ feed, spokenSince }) =>
        lasting(async () => {
          const body = await histories.stream({
            projection: telemetryProjection(feed, options.sections),
            spokenSince,
            span: spanOf(query, feed, clock),
            format: query.format,
          });
          if (body instanceof Refusal) return body;
          const headers = new Headers({
            'content-type': contentTypes[query.format],
            'cache-control': 'no-store',
            vary: 'Accept-Encoding',
          });
          const coding = chooseCoding(acceptedForSecrets(request), ['gzip']);
          if (coding !== undefined) headers.set('content-encoding', coding);
          const oldest = feed.version(Math.max(spokenSince ?? 1, feed.oldest.seq));
          if (spokenSince !== undefined && oldest !== undefined) {
            headers.set('x-telemetry-history-since', isoTime(oldest.at));
          }
          return new Response(coding === undefined ? body : gzipped(body), { headers });
        }),
      );
    },
  });
}

/**
 * Answers from the document of a symbol, after its first poll, or from the engine's. A header marks an answer without
 * data of the engine: its values are placeholders.
 */
async function withDocument(
  symbol: string | undefined,
  holder: string | undefined,
  documents: Documents,
  answer: (document: Document) => Response | Promise<Response | Refusal>,
): Promise<Response | Refusal> {
  if (symbol === undefined) return await marked(documents.engine, answer);
  const lease = documents.acquire(symbol, holder);
  if (lease === undefined) return tooManySymbols;
  const document = lease.resource;
  try {
    await document.settled;
    if (document.isUnknown) return new Refusal('UNKNOWN_SYMBOL', { detail: symbol });
    return await marked(document, answer);
  } finally {
    lease.release();
  }
}

async function marked(
  document: Document,
  answer: (document: Document) => Response | Promise<Response | Refusal>,
): Promise<Response | Refusal> {
  const hasSpoken = document.spokenSince !== undefined;
  const response = await answer(document);
  if (!hasSpoken && response instanceof Response) response.headers.set('x-telemetry-state', 'initializing');
  return response;
}
