const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Index of the quote that ends the string begun at `start`; the length of the text where none does. */
export function endOfString(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); at >= 0; at = json.indexOf('"', at + 1)) {
    let before = at - 1;
    while (json.charCodeAt(before) === backslash) before -= 1;
    if ((at - before) % 2 === 1) return at;
  }
  return json.length;
}

/**
 * Whether a JSON text has more than `max` members and items, at all depths together, without parsing it: creating many
 * small objects is what makes long texts expensive.
 * @param maxDepth counting stops where it is nested deeper, as it will be refused for that
 */
export function hasMoreThan(json: string, max: number, maxDepth: number): boolean {
  // Each takes two characters at least.
  if (json.length <= 2 * max) return false;
  let [count, depth] = [0, 0];
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === quote) {
      at = endOfString(json, at);
    } else if (code === comma) {
      count += 1;
      if (count > max) return true;
    } else if (code === openBracket || code === openBrace) {
      depth += 1;
      if (depth > maxDepth) return false;
      if (isEmptyAfter(json, at)) continue;
      count += 1;
      if (count > max) return true;
    } else if (code === closeBracket || code === closeBrace) {
      depth -= 1;
    }
  }
  return false;
}

/** Whether the array or object begun at `start` ends at once. */
function isEmptyAfter(json: string, start: number): boolean {
  let at = start + 1;
  // At or below the space are JSON's white space, and control characters that it does not allow.
  while (json.charCodeAt(at) <= 0x20) at += 1;
  const code = json.charCodeAt(at);
  return code === closeBracket || code === closeBrace;
}

/** Fewer digits are exact in a double. */
const leastLength = 16;
const integer = /^-?\d+$/;

/** Whether parsing may have rounded a number, or it is NaN: integers beyond ±(2^53 − 1) are inexact (RFC 8259 §6). */
export function mayBeRounded(value: number): boolean {
  return !(Math.abs(value) <= Number.MAX_SAFE_INTEGER);
}

/**
 * Quotes integers beyond ±(2^53 − 1) in a JSON text, so that JSON.parse does not round them. `1e20` and
 * `9007199254740993.0` are not written as integers, and stay numbers.
 * @param json valid JSON: other text might become valid by it
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
