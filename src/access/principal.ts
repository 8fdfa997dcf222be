import type { CredentialRequest } from './credentials.ts';
import type { Origins } from './origins.ts';
import { isLoopback, type Visitors } from './visitors.ts';

/** What a client may do. `agent` is a kind of its own: it is commanded, and neither watches nor commands. */
export const roles = ['viewer', 'operator', 'agent'] as const;
export type Role = (typeof roles)[number];

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

/** Who asks, as far as it is known: by its token, by its address, and by the page behind the request. */
export interface Principal {
  /** It came without a token. */
  readonly anonymous: boolean;
  /** No auth is configured: no token is looked at, and nobody can be told from the crowd. */
  readonly authOff: boolean;
  /** Of its token; where that names none, or there is none, the default role of the policy that let it in. */
  readonly role: Role | undefined;
  /** Whether a token says that it is an operator. */
  readonly isOperator: boolean;
  /** `sub` of its token, for the audit log. */
  readonly subject: string | undefined;
  /** Epoch ms from which its token is void; undefined: never. */
  readonly expiresAt: number | undefined;
  /** Where it comes from, for people. */
  readonly address: string;
  readonly userAgent: string | undefined;
  /** Who it is counted as: its subject, else its address. */
  readonly client: string;
  /** The same where that is one client for certain. Undefined: many may be behind it. */
  readonly holder: string | undefined;
  /** Whether a page asks that may change nothing without a token, see `Origins.mayChange`. */
  readonly isForeignPage: boolean;
  /** Whether it sits at this machine, and is no page whose name was made to mean this machine. */
  readonly isLocal: boolean;
}

/** Who asks, as far as it is known without a token. */
export function strangerOf(
  request: CredentialRequest,
  {
    authOff,
    visitors,
    origins,
  }: {
    readonly authOff: boolean;
    readonly visitors: Visitors;
    readonly origins: Pick<Origins, 'mayChange' | 'isOurName'>;
  },
): Principal {
  const { address, group, mayBeMany, isForwardedUnread, userAgent } = visitors.of(request);
  const client = `address ${group}`;
  const isForeignPage = !origins.mayChange(request);
  // A page may be open here whose name was made to mean this machine: its requests to itself name no origin.
  const isPage = isForeignPage || !origins.isOurName(request);
  // A literal with every key, as each session keeps one: put together by spreads, each would have a shape of its own.
  return {
    anonymous: true,
    authOff,
    role: undefined,
    isOperator: false,
    subject: undefined,
    expiresAt: undefined,
    address,
    userAgent,
    client,
    holder: mayBeMany ? undefined : client,
    isForeignPage,
    isLocal: isLoopback(address) && !isForwardedUnread && !isPage,
  };
}

/** The same with a token that was verified. */
export function bearerOf(
  stranger: Principal,
  { role, subject, expiresAt }: Pick<Principal, 'role' | 'subject'> & { readonly expiresAt: number },
): Principal {
  const client = subject === undefined ? stranger.client : `subject ${subject}`;
  const holder = subject === undefined ? stranger.holder : client;
  const isOperator = role === 'operator';
  return { ...stranger, anonymous: false, role, isOperator, subject, expiresAt, client, holder };
}
