import { type Random, round } from '../random.ts';
import { hex } from '../random-id.ts';

/** A change of the graph for the channel `diagnostics:graph_update`, but for its time. */
export interface GraphUpdate {
  update_type: 'entity_added' | 'entity_updated' | 'entity_removed' | 'relation_added';
  entity_id: string;
  details: Record<string, string | number>;
}

const minEntities = 5;
const maxEntities = 40;
const kinds = ['goal', 'plan', 'agent', 'instrument', 'event'] as const;
const relations = ['supports', 'contradicts', 'part_of', 'caused_by'] as const;

/** A small graph that changes; updates and removals are only ever about what was added before. */
export function createGraph(random: Random): () => GraphUpdate {
  const entities: string[] = [];

  function add(): GraphUpdate {
    const entity_id = `entity-${hex(random, 6)}`;
    entities.push(entity_id);
    const kind = random.pick(kinds);
    return { update_type: 'entity_added', entity_id, details: { kind, label: `${kind} ${hex(random, 3)}` } };
  }

  const any = (): string => entities[random.below(entities.length)] ?? '';

  return () => {
    const dice = random.next();
    if (entities.length < minEntities || (dice < 0.35 && entities.length < maxEntities)) return add();
    if (dice < 0.55) {
      const details = { relation: random.pick(relations), target_id: any() };
      return { update_type: 'relation_added', entity_id: any(), details };
    }
    if (dice < 0.85) {
      const details = { field: 'confidence', value: round(random.next(), 2) };
      return { update_type: 'entity_updated', entity_id: any(), details };
    }
    const [entity_id = ''] = entities.splice(random.below(entities.length), 1);
    return { update_type: 'entity_removed', entity_id, details: { reason: 'superseded' } };
  };
}
