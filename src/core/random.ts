/** 16 hex characters, unguessable enough to tell one life of a feed, or one connection, from another. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
