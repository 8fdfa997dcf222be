import { maxHeaderSize } from 'node:http';
import { Refusal } from '../core/errors.ts';

/** Why nothing more can be read of a socket, as Node's HTTP server says it. */
export interface ReadError extends Error {
  readonly code?: string;
}

/** The refusal of a request that cannot be read; undefined: the client has gone, and nobody is there to be told. */
export function refusalOfBroken({ code = '', message }: ReadError): Refusal | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal('HEADERS_TOO_LARGE', {
        detail: `all headers together may have ${maxHeaderSize} bytes, cookies included (NODE_OPTIONS=--max-http-header-size)`,
      });
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Refusal('TOO_LARGE', { detail: 'the extensions of a chunk are too long' });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('REQUEST_TIMEOUT');
    case 'HPE_INVALID_EOF_STATE':
      return undefined;
    default:
      // Others are of the socket. The parser's messages are fixed sentences, without anything of what was sent.
      return code.startsWith('HPE_') ? new Refusal('BAD_REQUEST', { detail: message }) : undefined;
  }
}
