/**
 * Escape sequences of terminals (ECMA-48): colours and other controls (CSI), titles and links (OSC and other strings,
 * with their terminator), and the short ones. Of an incomplete one only the beginning matches, so that it hides no text.
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

/** Control characters but for the tab, line and paragraph separators, and bidirectional controls. */
const unprintable = /(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu;

/** The text with control characters escaped as `\u001b`, within JSON, too. */
export function printable(text: string): string {
  return text.replaceAll(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
