/**
 * The beginning of a text from outside, at most `max` UTF-16 units: never half of a letter that takes two of them, and never the head of
 * a character reference (`&oac` of `&oacute;`), which would be read as words. What is no letter at all becomes U+FFFD, as no text of a
 * database can hold it.
 */
export function cut(text: string, max: number): string {
  return (text.length <= max ? text : text.slice(0, endWithin(text, max))).toWellFormed();
}

const reference = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/iy;
const longestReference = 34;

function endWithin(text: string, max: number): number {
  const from = text.lastIndexOf('&', max - 1);
  if (from >= 0 && max - from < longestReference) {
    reference.lastIndex = from;
    const whole = reference.exec(text)?.[0];
    if (whole && from + whole.length > max) return from;
  }
  const isHalf = /[\ud800-\udbff]/.test(text[max - 1] ?? '') && /[\udc00-\udfff]/.test(text[max] ?? '');
  return isHalf ? max - 1 : max;
}
