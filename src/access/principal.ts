import type { CredentialRequest } from './credentials.ts';
import type { Origins } from './origins.ts';
import { isLoopback, type Visitors } from './visitors.ts';

/** `agent` is apart from the others: agents are commanded, and neither view nor command. */
export const roles = ['viewer', 'operator', 'agent'] as const;
export type Role = (typeof roles)[number];

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

/** The client behind a request: by its token, its address, and the page it comes from. */
export interface Principal {
  /** It came without a token. */
  readonly anonymous: boolean;
  /** No auth is configured: tokens are ignored. */
  readonly authOff: boolean;
  /** Of its token; else the default role of the policy that let it in. */
  readonly role: Role | undefined;
  /** Whether a token says that it is an operator. */
  readonly isOperator: boolean;
  /** `sub` of its token, for the audit log. */
  readonly subject: string | undefined;
  /** Epoch ms from which its token is void; undefined: never. */
  readonly expiresAt: number | undefined;
  /** For logs. */
  readonly address: string;
  readonly userAgent: string | undefined;
  /** Key by which it is counted: its subject, else its address. */
  readonly client: string;
  /** The same where that certainly is one client. Undefined: many may be behind it. */
  readonly holder: string | undefined;
  /** Whether it is a page that may change nothing without a token, see `Origins.mayChange`. */
  readonly isForeignPage: boolean;
  /** Whether it is of this machine, and no page whose host name was rebound to it. */
  readonly isLocal: boolean;
}

/** The principal of a request, as far as it is known without its token. */
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
  // DNS rebinding: a page may be open here whose host name means this machine; its own requests have no `Origin`.
  const isPage = isForeignPage || !origins.isOurName(request);
  // A literal with every key: each session keeps one, and spreads would give each a hidden class of its own.
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

/** The principal with its verified token. */
export function bearerOf(
  stranger: Principal,
  { role, subject, expiresAt }: Pick<Principal, 'role' | 'subject'> & { readonly expiresAt: number },
): Principal {
  const client = subject === undefined ? stranger.client : `subject ${subject}`;
  const holder = subject === undefined ? stranger.holder : client;
  const isOperator = role === 'operator';
  return { ...stranger, anonymous: false, role, isOperator, subject, expiresAt, client, holder };
}
