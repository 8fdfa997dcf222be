import { endOfString } from './json-text.ts';

/** Characters that a long integer has at least: fewer digits are exact in a double. */
const leastLength = 16;
const integer = /^-?\d+$/;

/**
 * Whether a number may have been rounded when it was parsed, or is none: beyond ±(2^53 − 1) two integers that differ
 * may be one double (RFC 8259 §6).
 */
export function mayBeRounded(value: number): boolean {
  return !(Math.abs(value) <= Number.MAX_SAFE_INTEGER);
}

/**
 * JSON text in which integers beyond ±(2^53 − 1) stand as text with exactly their digits, so that JSON.parse does not
 * round them. `1e20` and `9007199254740993.0` are no integers as they are written, and stay numbers. One pass.
 *
 * @param json a text that was parsed before: what is no JSON might become it
 */
export function quoteLongIntegers(json: string): string {
  let text = '';
  let copied = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '"') {
      at = endOfString(json, at);
    } else if (startsNumber(character)) {
      const end = endOfNumber(json, at);
      if (end - at >= leastLength) {
        const number = json.slice(at, end);
        if (integer.test(number) && mayBeRounded(Number(number))) {
          text += `${json.slice(copied, at)}"${number}"`;
          copied = end;
        }
      }
      at = end - 1;
    }
  }
  return text + json.slice(copied);
}

/** Index behind the number that begins at `start`. */
function endOfNumber(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && continuesNumber(json[end])) end += 1;
  return end;
}

function startsNumber(character = ''): boolean {
  return (character >= '0' && character <= '9') || character === '-';
}

function continuesNumber(character = ''): boolean {
  return (
    startsNumber(character) ||
    character === '.' ||
    character === 'e' ||
    character === 'E' ||
    character === '+'
  );
}
