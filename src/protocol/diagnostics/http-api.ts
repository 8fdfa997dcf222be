import type { Policy } from '../../access/policy.ts';
import { type ProblemCode, Refusal } from '../../core/errors.ts';
import { bodyCutOff, readBody } from '../../http/body.ts';
import type { Serve } from '../../serve/serve.ts';
import type { DiagnosticsClient } from './client.ts';
import type { DiagnosticsFigures } from './figures.ts';
import { type Intake, type IntakeRefusal, maxEventBytes } from './intake.ts';
import type { LogBook } from './log-book.ts';
import { type EventKind, logsQuery } from './schema.ts';

const path = '/api/diagnostics';
const badLimit = new Refusal('BAD_OPTION', { detail: 'limit: expected a whole number from 1 to 200' });

/** The dialect over plain HTTP: logs and figures, and events from those who have no Redis. */
export function serveDiagnosticsApi({
  serve,
  figures,
  logBook,
  clients,
  intake,
  viewing: access,
  ingesting,
}: {
  readonly serve: Pick<Serve, 'http'>;
  readonly figures: Pick<DiagnosticsFigures, 'read'>;
  readonly logBook: Pick<LogBook, 'newest'>;
  readonly clients: Iterable<Pick<DiagnosticsClient, 'state'>>;
  readonly intake: Pick<Intake, 'onPost' | 'onBody'>;
  /** Who may view. */
  readonly viewing: Policy;
  /** Who may post events. */
  readonly ingesting: Policy;
}): void {
  for (const name of ['telemetry', 'metrics']) {
    serve.http('get', `${path}/${name}`, { access, answer: () => unstored(figures.read()) });
  }
  serve.http('get', `${path}/connections`, {
    access,
    answer: () => unstored(Array.from(clients, ({ state }) => state)),
  });
  serve.http('get', `${path}/logs`, {
    access,
    query: logsQuery,
    queryFault: () => badLimit,
    answer: ({ query }) => unstored(logBook.newest(query.limit)),
  });
  const ingest = (name: string, kind?: EventKind): void =>
    serve.http('post', `${path}/${name}`, {
      access: ingesting,
      async answer({ request }) {
        const unread = intake.onPost(request.headers.get('content-type') ?? '');
        const body = unread === undefined ? await readBody(request, maxEventBytes) : undefined;
        if (body === 'cut_off') return bodyCutOff;
        const refusal = unread ?? intake.onBody(body ?? Buffer.alloc(0), kind);
        if (refusal !== undefined) return new Refusal(problemOf(refusal), refusal);
        return Response.json({ accepted: true }, { status: 202 });
      },
    });
  ingest('events');
  ingest('llm', 'llm');
}

function unstored(answer: object): Response {
  return Response.json(answer, { headers: { 'cache-control': 'no-store' } });
}

function problemOf({ reason }: IntakeRefusal): ProblemCode {
  switch (reason) {
    case 'rate':
      return 'TOO_MANY_REQUESTS';
    case 'media_type':
      return 'UNSUPPORTED_MEDIA_TYPE';
    case 'too_large':
      return 'TOO_LARGE';
    default:
      return 'BAD_REQUEST';
  }
}
