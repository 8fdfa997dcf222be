import { isoTime } from '../../core/clock.ts';
import { type Part, type PartOptions, together } from '../part.ts';
import { createRandom } from '../random.ts';
import { createRoutine } from '../routine.ts';
import { createGraph } from './graph.ts';
import { createLlm } from './llm.ts';
import { writeLogRecord } from './log-lines.ts';
import { createPersona } from './persona.ts';

export interface Diagnostics extends Part {
  /** Count, as the state document and the `llm` events show it. */
  activePlans(): number;
}

/** What the engine tells about itself on the channels `diagnostics:…`; timestamps are ISO 8601. */
export function createDiagnostics(options: PartOptions): Diagnostics {
  const { seed, clock, emit } = options;
  const logRandom = createRandom(seed, 'diagnostics log');
  const persona = createPersona(createRandom(seed, 'persona'));
  const llm = createLlm(createRandom(seed, 'llm'), persona);
  const graph = createGraph(createRandom(seed, 'graph'));

  function channel(name: string, meanMs: number, make: (timestamp: string) => object): Part {
    const act = (): void => emit(`diagnostics:${name}`, make(isoTime(clock.now())));
    return createRoutine({ ...options, name: `diagnostics ${name}`, meanMs, act });
  }

  return {
    ...together([
      channel('log', 3000, (timestamp) => ({ timestamp, ...writeLogRecord(logRandom) })),
      channel('graph_update', 5000, (timestamp) => ({ timestamp, ...graph() })),
      channel('persona_entry', 7000, (timestamp) => ({ timestamp, ...persona.write(llm.session()) })),
      channel('llm', 9000, (timestamp) => ({
        ...llm.call(),
        last_llm_update: timestamp,
        last_llm_session: llm.session(),
      })),
    ]),
    activePlans: persona.activePlans,
  };
}
