import type { z } from 'zod';
import { Refusal } from '../../core/errors.ts';
import { formatPosition } from '../../feed/position.ts';
import { taggedJson } from '../../http/responses.ts';
import type { Serve } from '../../serve/serve.ts';
import type { Document } from './document/document.ts';
import type { Documents } from './document/documents.ts';
import type { EndpointDependencies } from './endpoint.ts';
import { HistoryReadings, historyQuery } from './view/history.ts';
import { connectOptions, optionsFor, refuseOptions } from './view/options.ts';
import { telemetryProjection, tooManySymbols } from './view/views.ts';

const badSpan = new Refusal('BAD_OPTION', {
  detail: 'expected seconds from 1 to 600 and step from 0 to 600',
});

/** Snapshot and history over plain HTTP. */
export function serveTelemetryApi(
  serve: Pick<Serve, 'http'>,
  { documents, viewing: access, clock }: Pick<EndpointDependencies, 'documents' | 'viewing' | 'clock'>,
): void {
  const asked = { access, query: connectOptions, queryFault: refuseOptions };
  const histories = new HistoryReadings(clock);

  serve.http('get', '/api/telemetry', {
    ...asked,
    async answer({ request, query, principal }) {
      const options = optionsFor(query, documents.engine.feed.current.document);
      if (options instanceof Refusal) return options;
      return await withDocument(options.symbol, principal.holder, documents, ({ feed }) => {
        const projection = telemetryProjection(feed, options.sections);
        return taggedJson(request, formatPosition(projection.position), () =>
          JSON.stringify(projection.of(feed.current)),
        );
      });
    },
  });

  serve.http('get', '/api/telemetry/history', {
    access,
    query: connectOptions.extend(historyQuery.shape),
    queryFault: (error) => (isOfSpan(error) ? badSpan : refuseOptions(error)),
    async answer({ query, principal, lasting }) {
      const options = optionsFor(query, documents.engine.feed.current.document);
      if (options instanceof Refusal) return options;
      return await withDocument(options.symbol, principal.holder, documents, ({ feed, spokenSince }) =>
        lasting(() => {
          const projection = telemetryProjection(feed, options.sections);
          return new Response(histories.stream(projection, spokenSince, query), {
            headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
          });
        }),
      );
    },
  });
}

function isOfSpan({ issues: [issue] }: z.ZodError): boolean {
  return Object.hasOwn(historyQuery.shape, String(issue?.path[0]));
}

/**
 * Answers from the document of a symbol, after its first poll, or from the engine's. A header marks an answer without
 * data of the engine: its values are placeholders.
 */
async function withDocument(
  symbol: string | undefined,
  holder: string | undefined,
  documents: Documents,
  answer: (document: Document) => Response,
): Promise<Response | Refusal> {
  if (symbol === undefined) return marked(documents.engine, answer);
  const lease = documents.acquire(symbol, holder);
  if (lease === undefined) return tooManySymbols;
  const document = lease.resource;
  try {
    await document.settled;
    if (document.isUnknown) return new Refusal('UNKNOWN_SYMBOL', { detail: symbol });
    return marked(document, answer);
  } finally {
    lease.release();
  }
}

function marked(document: Document, answer: (document: Document) => Response): Response {
  const response = answer(document);
  if (document.spokenSince === undefined) response.headers.set('x-telemetry-state', 'initializing');
  return response;
}
