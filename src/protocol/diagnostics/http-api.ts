import type { Entrance } from '../../access/entrance.ts';
import type { IngestEntrance } from '../../access/ingest.ts';
import type { ProblemCode } from '../../core/errors.ts';
import { readBody } from '../../http/body.ts';
import { problemResponse } from '../../http/problem.ts';
import type { Router } from '../../http/router.ts';
import type { Figures } from './figures.ts';
import { type Intake, type IntakeRefusal, maxEventBytes } from './intake.ts';
import type { LogBook } from './log-book.ts';
import { logsQuery } from './schema.ts';
import type { DiagnosticsSessions } from './sessions.ts';

export interface HttpApiDependencies {
  readonly router: Router;
  readonly entrance: Entrance;
  readonly ingestEntrance: IngestEntrance;
  readonly figures: Figures;
  readonly logBook: LogBook;
  readonly clients: DiagnosticsSessions;
  readonly intake: Intake;
}

const path = '/api/diagnostics';

/** The HTTP twins of the dialect, and the way in for those who have no Redis. */
export function addHttpApi(dependencies: HttpApiDependencies): void {
  const { router, entrance, ingestEntrance, figures, logBook, clients, intake } = dependencies;

  const show = (name: string, read: (query: URLSearchParams) => object | Response): void => {
    router.get(`${path}/${name}`, async ({ req }) => {
      const entry = await entrance(req.raw);
      if (!entry.ok) return problemResponse(entry.code, entry);
      const answer = read(new URL(req.url).searchParams);
      if (answer instanceof Response) return answer;
      return Response.json(answer, { headers: { 'cache-control': 'no-store' } });
    });
  };

  show('telemetry', () => figures.read());
  show('connections', () => clients.states());
  show('logs', (query) => {
    const asked = logsQuery.safeParse(Object.fromEntries(query));
    if (asked.success) return logBook.newest(asked.data.limit);
    return problemResponse('BAD_OPTION', { detail: 'limit: expected a whole number from 1 to 200' });
  });

  router.post(`${path}/events`, async ({ req }) => {
    const entry = await ingestEntrance(req.raw);
    if (!entry.ok) return problemResponse(entry.code, entry);
    const unread = intake.onPost(req.header('content-type') ?? '');
    const body = unread === undefined ? await readBody(req.raw, maxEventBytes) : undefined;
    if (body === 'cut_off') return problemResponse('BAD_REQUEST', { detail: 'the body ends too early' });
    const refusal = unread ?? intake.onBody(body ?? Buffer.alloc(0));
    if (refusal !== undefined) return problemResponse(problemOf(refusal), refusal);
    return Response.json({ accepted: true }, { status: 202 });
  });
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
