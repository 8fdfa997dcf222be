/** What a client may do. `agent` is a kind of its own: it is commanded, and neither watches nor commands. */
export const roles = ['viewer', 'operator', 'agent'] as const;
export type Role = (typeof roles)[number];

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}
