export interface PageStorage {
  read(key: string): string | undefined;
  /** Undefined removes it. */
  write(key: string, value: string | undefined): void;
}

/** Browsers that keep nothing for a page refuse even the question: then nothing is kept, and the page works. */
function createPageStorage(open: () => Storage): PageStorage {
  return {
    read(key) {
      try {
        return open().getItem(key) ?? undefined;
      } catch {
        return undefined;
      }
    },
    write(key, value) {
      try {
        if (value === undefined) open().removeItem(key);
        else open().setItem(key, value);
      } catch {
        // It is as if the page were opened for the first time, each time.
      }
    },
  };
}

/** For this visit and the next ones. */
export const lasting = createPageStorage(() => localStorage);
/** For as long as the tab is open. */
export const passing = createPageStorage(() => sessionStorage);
