/** One slash first (to URLs a backslash is one), so that nothing appended to the base URL can name another host. */
export const enginePathPattern = /^\/(?![/\\])/;

/** `%` where no two hexadecimal digits follow. */
const brokenEncoding = /%(?![\da-f]{2})/i;
const encoded = /%[\da-f]{2}/i;
/** Dots that are a step of a path, whatever parameter stands behind them. */
const dotStep = /(?:^|[/\\])\.{1,2}(?:[/\\;]|$)/;
const control = /\p{Cc}/u;

/**
 * Why a path may not go to an engine, which, or a proxy before it, may read it more leniently than we do; undefined:
 * it may. Paths are checked at their plainest, so what could lead elsewhere only after one more decoding is no path.
 */
export function pathFault(path: string): string | undefined {
  if (path.includes('\\')) return 'the path has a backslash';
  if (brokenEncoding.test(path)) return 'the path has a % that encodes nothing';
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // Overlong encodings of a slash or a dot are no UTF-8 either (RFC 3629 §3).
    return 'the path is not UTF-8';
  }
  if (encoded.test(decoded)) return 'the path is encoded twice';
  if (/%2f|%5c/i.test(path)) return 'the path has an encoded slash';
  if (control.test(decoded)) return 'the path has a control character';
  return leadsElsewhere(decoded) ? 'the path leads elsewhere' : undefined;
}

/** Whether a text that becomes part of a path has steps in it, also where it is decoded or simplified once more. */
export function leadsElsewhere(text: string): boolean {
  return [text, decodedOnce(text)].some((form) => dotStep.test(form) || dotStep.test(form.normalize('NFKC')));
}

function decodedOnce(text: string): string {
  return text.replaceAll(/%([0-7][\da-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
