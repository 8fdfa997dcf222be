/**
 * Where in a feed a reader stands: `epoch` is a random id of one life of the feed, `seq` the version or entry
 * within it. Positions of different epochs cannot be compared.
 */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** `<epoch>-<seq>`: resume token, SSE `Last-Event-ID` and the inside of an `ETag`. */
export function formatPosition(position: Position): string {
  return `${position.epoch}-${position.seq}`;
}

/** Parses that form. Undefined: the text has another. */
export function parsePosition(text: string): Position | undefined {
  const [, epoch, seq] = /^(.+)-(\d{1,15})$/.exec(text) ?? [];
  return epoch === undefined || seq === undefined ? undefined : { epoch, seq: Number(seq) };
}
