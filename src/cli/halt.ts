import type { HaltArguments } from './halt-arguments.ts';
import { byHttp, byWebSocket, type Order, type WayEnd } from './halt-ways.ts';

/** From the order to the end of each way. The gateway tells of a HALT within 4 s, of a RESUME within 14. */
const timeoutMs = { HALT: 8000, RESUME: 16_000 } as const;
/** A HALT without an answer after this time is given by the other way as well: the gateway carries it out once. */
const secondWayAfterMs = 1000;

/** What came of a command: what a person is to read, and what a script is to know. */
export interface HaltReport {
  readonly exitCode: 0 | 1 | 3 | 4;
  /** One line. */
  readonly text: string;
}

/**
 * Gives HALT or RESUME to a gateway: over HTTP, and over a WebSocket where nothing was sent, or for a HALT that has
 * no answer. A RESUME that may have been sent is not sent again.
 *
 * | exit code | |
 * |---|---|
 * | 0 | the engine acknowledged it |
 * | 1 | refused, by the gateway or by what stands before it, without an effect |
 * | 3 | no gateway there; nothing was sent |
 * | 4 | it may have been carried out |
 */
export async function giveCommand(given: HaltArguments): Promise<HaltReport> {
  const { command } = given;
  const order: Order = { ...given, requestId: crypto.randomUUID(), timeoutMs: timeoutMs[command] };
  const first = byHttp(order);
  const http = command === 'HALT' ? await Promise.race([first, after(secondWayAfterMs)]) : await first;
  if (http !== undefined && (http.is === 'done' || http.is === 'refused')) return report(given, [http]);
  if (http !== undefined && http.is !== 'unsent' && command === 'RESUME') return report(given, [http]);
  const second = byWebSocket(order);
  return report(given, await firstDone([first, second]));
}

/** Resolves with the end that is a success as soon as there is one, else with all of them. */
async function firstDone(ways: readonly Promise<WayEnd>[]): Promise<readonly WayEnd[]> {
  const done = ways.map(async (way): Promise<readonly WayEnd[]> => {
    const end = await way;
    return end.is === 'done' ? [end] : await Promise.all(ways);
  });
  return await Promise.race(done);
}

/** @param ends of the ways that were tried, at least one */
function report(
  { command, base }: Pick<HaltArguments, 'command' | 'base'>,
  ends: readonly WayEnd[],
): HaltReport {
  const where = base.origin;
  const done = ends.find((end) => end.is === 'done');
  if (done !== undefined) {
    return {
      exitCode: 0,
      text: `${command} acknowledged by the engine (${where}): ${JSON.stringify(done.result)}`,
    };
  }
  const words = [...new Set(ends.flatMap((end) => ('words' in end ? [end.words] : [])))].join('; ');
  if (ends.some(({ is }) => is === 'unknown')) {
    const urge = `${command} may or may not have been carried out (${where}): look at the engine`;
    return { exitCode: 4, text: `${urge}. ${words}` };
  }
  if (ends.some(({ is }) => is === 'refused' || is === 'none')) {
    return { exitCode: 1, text: `${command} refused (${where}), it had no effect. ${words}` };
  }
  return { exitCode: 3, text: `${command} not sent: no gateway at ${base.href}. ${words}` };
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
}
