/** Text that others have written, for people who read it on a terminal or a page. */

/**
 * Escape sequences of terminals (ECMA-48): colours and other controls (CSI), titles and links (OSC and other strings,
 * with their end), and the short ones. One that is not complete loses its beginning only, so that it hides nothing.
 */
const sequences = new RegExp(
  [
    String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]`,
    String.raw`(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])\P{Cc}*(?:\u0007|\u001b\\|\u009c)`,
    String.raw`\u001b[ -/]+[0-~]`,
    String.raw`(?:\u001b\[|\u009b)[0-?]*[ -/]*$`,
    String.raw`\u001b[0-~]?`,
    String.raw`[\u009b\u009d\u0090\u0098\u009e\u009f\u009c]`,
  ].join('|'),
  'gu',
);

/** A line without colours and other escape sequences. */
export function withoutAnsi(text: string): string {
  return /\p{Cc}/u.test(text) ? text.replaceAll(sequences, '') : text;
}

/** Controls but for the tab, line and paragraph separators, and what turns the direction of a text around. */
const unprintable = /(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;

/** The text with what a terminal would obey, not show, written out as `\u001b`: also within JSON. */
export function printable(text: string): string {
  return text.replaceAll(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
