const ones = ['', 'egy', 'kettő', 'három', 'négy', 'öt', 'hat', 'hét', 'nyolc', 'kilenc'];
const tens = ['', 'tizen', 'huszon', 'harminc', 'negyven', 'ötven', 'hatvan', 'hetven', 'nyolcvan', 'kilencven'];
const roundTens: Record<number, string> = { 1: 'tíz', 2: 'húsz' };
const scales = ['', 'ezer', 'millió', 'milliárd', 'billió', 'billiárd'];

export const names: Record<string, { major: string; minor: string }> = {
  HUF: { major: 'forint', minor: 'fillér' },
  EUR: { major: 'euró', minor: 'cent' },
  PLN: { major: 'złoty', minor: 'grosz' },
  SEK: { major: 'svéd korona', minor: 'öre' },
  CZK: { major: 'cseh korona', minor: 'haléř' },
  USD: { major: 'amerikai dollár', minor: 'cent' },
  GBP: { major: 'angol font', minor: 'penny' },
};

/** `bound`: the number stands before another number word, where two is "két". */
function belowThousand(n: number, bound: boolean): string {
  const [hundred, ten, one] = [Math.floor(n / 100), Math.floor((n % 100) / 10), n % 10];
  const hundreds = hundred === 0 ? '' : `${hundred === 1 ? '' : hundred === 2 ? 'két' : ones[hundred]}száz`;
  const tenWord = one === 0 ? (roundTens[ten] ?? tens[ten]!) : tens[ten]!;
  return hundreds + tenWord + (one === 2 && bound ? 'két' : ones[one]!);
}

/** Written together up to two thousand, above it with a hyphen between the groups of three digits. */
export function words(n: bigint): string {
  if (n === 0n) return 'nulla';
  const groups: string[] = [];
  for (let power = scales.length - 1; power >= 0; power--) {
    const group = Number((n / 1000n ** BigInt(power)) % 1000n);
    if (group === 0) continue;
    const alone = power === 1 && group === 1 && n < 2000n;
    groups.push((alone ? '' : belowThousand(group, power > 0)) + scales[power]!);
  }
  return groups.join(n > 2000n ? '-' : '');
}
