import type { IncomingMessage } from 'node:http';
import type { Permission } from '../access/entrance.ts';

/** The address that a request came from, proxies in front of the gateway left out. */
export type AddressOf = (request: IncomingMessage) => string;

/** Who a request is counted for: the subject of its token, else its address. */
export function clientOf(
  { subject }: Pick<Permission, 'subject'>,
  incoming: IncomingMessage,
  addressOf: AddressOf,
): string {
  return subject === undefined ? `address ${addressOf(incoming)}` : `subject ${subject}`;
}
