import { type Random, round } from '../random.ts';
import { hex } from '../random-id.ts';
import type { Instance } from './instance.ts';

/** What an agent writes to its log: level and text; what follows a line of its own is indented. */
export interface LogText {
  /** Anything an agent at work would say. */
  chatter(): string[];
  /** About the start or the end of it. */
  about(instance: Pick<Instance, 'name' | 'status' | 'pid'>): string[];
}

export function createLogText(random: Random): LogText {
  return {
    chatter() {
      const dice = random.next();
      if (dice < 0.03) return trace(random);
      return [dice < 0.12 ? random.pick(warnings)(random) : random.pick(notes)(random)];
    },
    about({ name, status, pid }) {
      if (status === 'running') return [`INFO Starting ${name} (pid ${pid})`, 'INFO Ready for tasks'];
      if (status === 'stopped') return ['INFO Received SIGTERM, finishing open tasks', 'INFO Stopped'];
      return [...trace(random), 'FATAL Unhandled error, exit code 1'];
    },
  };
}

type Phrase = (random: Random) => string;

const notes: readonly [Phrase, ...Phrase[]] = [
  (random) =>
    `INFO Request handled: POST /tasks 202 in ${round(random.between(3, 90), 1)} ms, id ${hex(random, 8)}`,
  (random) => `INFO Task ${hex(random, 8)} done in ${round(random.between(0.4, 18), 2)} s`,
  (random) => `INFO Tool web.search: ${1 + random.below(20)} results for "délai de livraison – Köln"`,
  (random) => `INFO Tool sql.query: ${random.below(5000)} rows, ${round(random.between(2, 400), 1)} ms`,
  (random) => `DEBUG Context at ${random.below(90)} % of 128k tokens, ${random.below(40)} messages kept`,
  () => 'DEBUG Heartbeat sent',
];

const warnings: readonly [Phrase, ...Phrase[]] = [
  (random) => `WARN Model answered after ${round(random.between(4, 20), 1)} s`,
  (random) => `WARN Rate limit near: ${80 + random.below(20)} % of the tokens of this minute`,
  (random) => `WARN Retry ${1 + random.below(3)} of 3: upstream answered 503`,
];

function trace(random: Random): string[] {
  const port = 5000 + random.below(4000);
  return [
    `ERROR Task ${hex(random, 8)} failed: connect ECONNREFUSED 10.0.3.7:${port}`,
    '    at TCPConnectWrap.afterConnect (node:net:1607:16)',
    '    at async runTool (/app/agent/tools.js:88:21)',
    '    at async step (/app/agent/loop.js:41:18)',
  ];
}
