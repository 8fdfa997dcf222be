import type { Reply } from './reply.ts';

/** What was answered to a key, so that a repeated command has no second effect. */
export interface IdempotencyStore {
  /** Runs `command` the first time this key comes; later ones get the first answer. */
  once(key: string | undefined, command: () => Reply): Reply;
}

const maxKeys = 1000;

/** Keeps the last 1,000 keys. */
export function createIdempotencyStore(): IdempotencyStore {
  const answers = new Map<string, Reply>();

  return {
    once(key, command) {
      if (key === undefined) return command();
      const known = answers.get(key);
      if (known !== undefined)
        return { ...known, headers: { ...known.headers, 'idempotent-replayed': 'true' } };
      const reply = command();
      answers.set(key, reply);
      const [oldest] = answers.keys();
      if (answers.size > maxKeys && oldest !== undefined) answers.delete(oldest);
      return reply;
    },
  };
}
