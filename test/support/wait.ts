/** Time for what must happen soon, generous because the machine may be busy. */
export const deadlineMs = 45_000;
const lookEveryMs = 5;

export interface WaitOptions {
  /** Default 45,000. */
  readonly timeoutMs?: number;
  /** Added to the error when the deadline passes. */
  readonly state?: () => unknown;
}

/**
 * Looks until `read` gives something other than undefined or false, and returns that. Rejects after the deadline.
 *
 * @param what completes the sentence "waited for …"
 */
export async function waitFor<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  { timeoutMs = deadlineMs, state }: WaitOptions = {},
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > until) {
      const seen = state === undefined ? '' : `; last seen: ${JSON.stringify(state())?.slice(0, 1000)}`;
      throw new Error(`waited ${timeoutMs} ms for ${what}${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

/** The promise's value, or an error that says what did not come in time. */
export async function within<T>(what: string, promise: Promise<T>, timeoutMs = deadlineMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms for ${what}`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Something a test started and that must not outlive it. */
export interface Resource {
  stop(): void | Promise<void>;
}

/** The part of vitest's test context that runs things after the test. */
export interface TestScope {
  onTestFinished(task: () => void | Promise<void>): void;
}

/** Has a resource stopped when the test is over, the last one first. */
export async function useIn<T extends Resource>(test: TestScope, starting: T | Promise<T>): Promise<T> {
  const resource = await starting;
  test.onTestFinished(() => resource.stop());
  return resource;
}

/** Lets everything happen that waits for nothing but its turn. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
