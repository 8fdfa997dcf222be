/** Keeps the place of a list that was not received yet. */
export function SkeletonRows({ count }: { readonly count: number }) {
  return (
    <div class="skeleton-rows" aria-hidden="true">
      {Array.from({ length: count }, () => (
        // biome-ignore lint/correctness/useJsxKeyInIterable: all the same, and never fewer or more
        <span class="skeleton" />
      ))}
    </div>
  );
}
