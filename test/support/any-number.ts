/** Places for as many sockets as may come. */
export const anyNumber = { max: undefined, maxPerPeer: 0, peerOf: () => undefined };
