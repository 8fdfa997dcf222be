import { z } from 'zod';
import { readInstant } from '../../../core/instant.ts';
import { type JsonValue, numberAsText } from '../../../core/json.ts';
import { PollFailure } from '../../../source/poll-failure.ts';

/** How a text or number of an instance may be. The engine decides what they mean. */
export const instanceFields = {
  name: z.preprocess(numberAsText, z.string().min(1).max(256)),
  status: z.string().min(1).max(64),
  port: z.int().min(0).max(65_535).nullable(),
  pid: z.int().min(0).nullable(),
  /** ISO 8601 in UTC, or as it stands where it is no time; null unless it is archived. */
  archived_at: z.preprocess(
    (value) => readInstant(value)?.text ?? value,
    z.string().min(1).max(64).nullable(),
  ),
};

/** What is shown of an instance: whatever else the engine says of it is left out. */
export const instanceSchema = z.object({
  ...instanceFields,
  port: instanceFields.port.default(null),
  pid: instanceFields.pid.default(null),
  archived_at: instanceFields.archived_at.default(null),
});
export type Instance = z.infer<typeof instanceSchema>;

/** An engine that lists more than this is taken for one that fails. */
export const maxInstances = 10_000;

const list = z.array(instanceSchema).max(maxInstances);
const answerSchema = z.union([list, z.object({ instances: list }).transform(({ instances }) => instances)]);

/** The instances in an answer of the engine: an array, or `{instances: […]}`. Throws PollFailure for anything else. */
export function readInstances(answer: JsonValue): Instance[] {
  const { success, data } = answerSchema.safeParse(answer);
  if (!success) {
    throw new PollFailure('shape', 'the answer has the wrong shape', {
      detail: `expected at most ${maxInstances} instances {name, status, port, pid, archived_at}`,
    });
  }
  return data;
}
