import { errors } from 'undici';

/** Whose connection it was. */
type Peer = 'the engine' | 'Redis' | 'the gateway';

const notHttp = 'the answer is not valid HTTP';
const inNoWords = 'connection failed';
/** Codes of Node, undici, OpenSSL and Redis, in words. PEER: whose connection it was. */
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by PEER',
  EPIPE: 'connection reset by PEER',
  UND_ERR_SOCKET: 'connection reset by PEER',
  ECONNABORTED: 'connection broken off',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found for now: the name service does not answer',
  ETIMEDOUT: 'no connection in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped before its end',
  EHOSTUNREACH: 'host not reachable',
  EHOSTDOWN: 'host not reachable',
  ENETUNREACH: 'network not reachable',
  ENETDOWN: 'network not reachable',
  ENETRESET: 'network not reachable',
  EADDRNOTAVAIL: 'no address left to connect from',
  EACCES: 'connection not permitted on this machine',
  EPERM: 'connection not permitted on this machine',
  EMFILE: 'too many files and connections open on this machine',
  ENFILE: 'too many files and connections open on this machine',
  ENOBUFS: 'no memory left for connections on this machine',
  ENOMEM: 'no memory left for connections on this machine',
  ENOENT: 'no such socket',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  HPE_HEADER_OVERFLOW: 'the headers of the answer are too large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer is not as long as it says',
  HPE_CLOSED_CONNECTION: 'the answer goes on after its end',
  HPE_INVALID_EOF_STATE: 'the answer stopped before its end',
  // What undici makes of an answer that it takes for impossible: 101, to a request that asked for no upgrade.
  ERR_ASSERTION: notHttp,
  UND_ERR_ABORTED: 'broken off by the gateway',
  UND_ERR_CLOSED: 'broken off by the gateway',
  UND_ERR_DESTROYED: 'broken off by the gateway',
  CERT_HAS_EXPIRED: 'the certificate of PEER has expired',
  CERT_NOT_YET_VALID: 'the certificate of PEER is not valid yet',
  CERT_REVOKED: 'the certificate of PEER was revoked',
  CERT_UNTRUSTED: 'the certificate of PEER is not trusted',
  CERT_REJECTED: 'the certificate of PEER is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate of PEER is not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate of PEER is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate of PEER is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate of PEER is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate of PEER is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of PEER is for another host',
  HOSTNAME_MISMATCH: 'the certificate of PEER is for another host',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'no TLS handshake in time',
  ERR_SSL_WRONG_VERSION_NUMBER: 'PEER does not speak TLS here',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'PEER does not speak TLS here',
  EPROTO: 'the TLS handshake failed',
  WRONGPASS: 'wrong user name or password',
  NOAUTH: 'PEER wants a password',
  NOPERM: 'PEER does not permit this user to do so',
  LOADING: 'PEER is still loading its data',
  MASTERDOWN: 'PEER has lost its master',
  CLUSTERDOWN: 'the cluster of PEER is down',
  BUSY: 'PEER is busy with a script',
  ERR: 'PEER refused the command',
};
const families: readonly (readonly [RegExp, string])[] = [
  [/^HPE_/, notHttp],
  [/^EAI_/, 'host not found'],
  [/^(ERR_SSL|ERR_TLS|ERR_OSSL)_/, 'the TLS handshake failed'],
  [/CERT|CRL/, 'the certificate of PEER is not valid'],
];

/**
 * What went wrong with a connection, in a person's words before the code: `connection refused (ECONNREFUSED)`. Clients
 * see it, so there is nothing else in it: the messages of such errors name hosts and ports.
 */
export function faultWords(error: unknown, peer: Peer): string {
  const code = codeOf(error);
  // undici means to give these a code, and gives none.
  if (code === undefined) return error instanceof errors.HTTPParserError ? notHttp : inNoWords;
  const text = words[code] ?? families.find(([pattern]) => pattern.test(code))?.[1] ?? inNoWords;
  return `${text.replace('PEER', peer)} (${code})`;
}

/** What an answer with this status, which is no success, says: `the engine is not available (HTTP 503)`. */
export function statusWords(status: number): string {
  return `${wordsOfStatus(status)} (HTTP ${status})`;
}

function wordsOfStatus(status: number): string {
  if (status >= 300 && status < 400) return 'the engine redirects, which is not followed';
  if (status === 401) return 'the engine wants another token';
  if (status === 403) return 'the engine does not permit this';
  if (status === 404 || status === 410) return 'the engine has nothing at this path';
  if (status === 429) return 'the engine is asked too often';
  if (status >= 502 && status <= 504) return 'the engine is not available';
  return status < 500 ? 'the engine refused the request' : 'the engine failed to answer';
}

function codeOf(error: unknown): string | undefined {
  return ownCode(error) ?? (error instanceof Error ? ownCode(error.cause) : undefined);
}

/** What Redis refuses has its code as the first word. */
function ownCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Newer versions of OpenSSL have a slash in some of theirs: ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE.
  const candidates = [
    'code' in error ? String(error.code).replaceAll('/', '_') : '',
    error.message.split(' ', 1)[0] ?? '',
  ];
  return candidates.find((text) => /^[A-Z][A-Z0-9_]{2,50}$/.test(text));
}
