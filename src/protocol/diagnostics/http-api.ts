import type { Access } from '../../access/access.ts';
import { type ProblemCode, Refusal } from '../../core/errors.ts';
import { bodyCutOff, readBody } from '../../http/body.ts';
import { problemResponse } from '../../http/problem.ts';
import type { Router } from '../../http/router.ts';
import type { Figures } from './figures.ts';
import { type Intake, type IntakeRefusal, maxEventBytes } from './intake.ts';
import type { LogBook } from './log-book.ts';
import { logsQuery } from './schema.ts';
import type { DiagnosticsSessions } from './sessions.ts';
import { dialect } from './views.ts';

export interface HttpApiDependencies {
  readonly router: Router;
  readonly access: Pick<Access, 'authorise' | 'policies'>;
  readonly figures: Figures;
  readonly logBook: LogBook;
  readonly clients: DiagnosticsSessions;
  readonly intake: Intake;
}

const path = '/api/diagnostics';

/** The HTTP twins of the dialect, and the way in for those who have no Redis. */
export function addHttpApi(dependencies: HttpApiDependencies): void {
  const { router, access, figures, logBook, clients, intake } = dependencies;
  const { ingesting } = access.policies;
  const viewing = access.policies.viewing(dialect);

  const show = (name: string, read: (query: URLSearchParams) => object | Response): void => {
    router.get(`${path}/${name}`, async ({ req }) => {
      const principal = await access.authorise(req.raw, viewing);
      if (principal instanceof Refusal) return problemResponse(principal);
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
    const detail = 'limit: expected a whole number from 1 to 200';
    return problemResponse(new Refusal('BAD_OPTION', { detail }));
  });

  router.post(`${path}/events`, async ({ req }) => {
    const principal = await access.authorise(req.raw, ingesting);
    if (principal instanceof Refusal) return problemResponse(principal);
    const unread = intake.onPost(req.header('content-type') ?? '');
    const body = unread === undefined ? await readBody(req.raw, maxEventBytes) : undefined;
    if (body === 'cut_off') return problemResponse(bodyCutOff);
    const refusal = unread ?? intake.onBody(body ?? Buffer.alloc(0));
    if (refusal !== undefined) return problemResponse(new Refusal(problemOf(refusal), refusal));
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
