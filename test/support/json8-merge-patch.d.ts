/** The part that tests use; the package comes without types. */
declare module 'json8-merge-patch' {
  /** Applies an RFC 7396 merge patch to the document itself, and returns the result. */
  export function apply(document: unknown, patch: unknown): unknown;
}
