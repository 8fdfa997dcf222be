/** What a client may do. `agent` is a kind of its own: it is commanded, and neither watches nor commands. */
export const roles = ['viewer', 'operator', 'agent'] as const;
export type Role = (typeof roles)[number];

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

/** Whether `held` is enough where `needed` is asked for: an operator may do all that a viewer may. */
export function roleCovers(held: Role | undefined, needed: Role): boolean {
  return held === needed || (held === 'operator' && needed === 'viewer');
}
