import type { HaltRemark, Sources, TelemetryDocument } from '../../client/index.ts';

type EngineStatus = TelemetryDocument['status'];

/** By whom trading was halted, when and why, as far as the gateway tells. The moment is ISO 8601. */
export function describeHalt({ by, role, reason, at }: HaltRemark, status: EngineStatus): string {
  const operator = role === 'operator' ? 'an operator' : '';
  const who = by === undefined ? operator : `${by}${role === undefined ? '' : ` (${role})`}`;
  const words = [
    // Until the engine says so itself, it is only what somebody told it to be.
    status === 'HALT' ? 'Halted' : 'HALT',
    who === '' ? '' : `by ${who}`,
    at === undefined ? '' : `at ${at}`,
  ];
  const sentence = words.filter((word) => word !== '').join(' ');
  return reason === undefined || reason === '' ? sentence : `${sentence}: ${reason}`;
}

/**
 * What the engine said yes to and does not do; undefined: there is nothing of the kind, or nobody says so.
 *
 * @param state what the gateway says of the source `state`
 */
export function describeContradiction(state: Sources[string] | undefined, status: EngineStatus) {
  if (state?.contradicted !== true) return undefined;
  const now = status || 'something else';
  // What contradicts a RESUME is a HALT, and nothing else.
  return status === 'HALT'
    ? `The engine acknowledged RESUME, and says that it is ${now}: trading may still be halted.`
    : `The engine acknowledged HALT, and says that it is ${now}: it may still be trading.`;
}
