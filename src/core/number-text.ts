/** A JSON number (RFC 8259 §6), with spaces around it and a leading plus allowed. */
const pattern = /^\s*(?:\+(?!-))?(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*$/;

/**
 * The number that a text is, as decimal types are written by engines that must not round them (Python's `Decimal`);
 * undefined for any other text, such as an empty one, `0x1F`, `1,000` or `NaN`, and where it is beyond what a double
 * holds. The nearest one where its digits are more than a double has.
 */
export function numberInText(text: string): number | undefined {
  const [, digits] = pattern.exec(text) ?? [];
  const number = Number(digits);
  return digits !== undefined && Number.isFinite(number) ? number : undefined;
}
