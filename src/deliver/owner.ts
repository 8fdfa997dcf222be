/** Whose a session is. */
export interface SessionOwner {
  /** Where it comes from, for people. */
  readonly address: string;
  readonly userAgent: string | undefined;
  /** `sub` of its token; undefined: it has none. */
  readonly subject: string | undefined;
  /** Whether its place is kept when room is made for another. */
  readonly isOperator: boolean;
  /** When the token that let it in expires, epoch ms. Undefined: never. */
  readonly expiresAt: number | undefined;
}

/** What log lines say of it. */
export function ownerFields({ address, subject, userAgent }: SessionOwner) {
  return { address, subject, user_agent: userAgent };
}
