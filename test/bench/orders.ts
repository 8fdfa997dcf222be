import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Resource, within } from '../support/wait.ts';

type Reply<Report> = { readonly ok: true; readonly result?: Report } | { ok: false; error: string };

/** A process of its own that does what it is told, one order after the other. */
export interface Crew<Order extends { readonly do: string }, Report> extends Resource {
  /** Resolves when it is done. Rejects with what went wrong. */
  tell(order: Order): Promise<Report | undefined>;
  /** The same for an order that is answered by a report. */
  ask(order: Order): Promise<Report>;
}

const replyTimeoutMs = 30_000;

/** @param script a module that calls `obeyOrders` */
export function startCrew<Order extends { readonly do: string }, Report>(
  script: URL,
  name: string,
): Crew<Order, Report> {
  const child = fork(fileURLToPath(script), { execArgv: ['--import', 'tsx'], serialization: 'advanced' });
  // One order at a time: the next reply is the answer to it.
  let last: Promise<unknown> = Promise.resolve();
  const tell = (order: Order): Promise<Report | undefined> => {
    const answer = last.then(() => exchange<Order, Report>(child, name, order));
    last = answer.catch(() => {});
    return answer;
  };
  return {
    tell,
    async ask(order) {
      const report = await tell(order);
      if (report === undefined) throw new Error(`the ${name} reported nothing`);
      return report;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

async function exchange<Order extends { readonly do: string }, Report>(
  child: ChildProcess,
  name: string,
  order: Order,
): Promise<Report | undefined> {
  const replied = once(child, 'message');
  child.send(order);
  const [reply] = (await within(`the ${name} to ${order.do}`, replied, replyTimeoutMs)) as [Reply<Report>];
  if (!reply.ok) throw new Error(`${name}: ${reply.error}`);
  return reply.result;
}

/** In the process of a crew: does what comes over IPC, and ends with the bench. */
export function obeyOrders<Order, Report>(obey: (order: Order) => Promise<Report | undefined>): void {
  const reply = (answer: Reply<Report>): void => void process.send?.(answer);
  process.on('message', (order: Order) => {
    obey(order).then(
      (result) => reply(result === undefined ? { ok: true } : { ok: true, result }),
      (error: unknown) => reply({ ok: false, error: String(error) }),
    );
  });
  // Without the bench there is nobody to report to.
  process.on('disconnect', () => process.exit());
}
