const ones =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = ['', '', 'twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const scales = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion'];

type Noun = [one: string, many: string];

export const names: Record<string, { major: Noun; minor: Noun }> = {
  PLN: { major: ['zloty', 'zlotys'], minor: ['grosz', 'groszy'] },
  EUR: { major: ['euro', 'euros'], minor: ['cent', 'cents'] },
  HUF: { major: ['forint', 'forints'], minor: ['filler', 'fillers'] },
  SEK: { major: ['krona', 'kronor'], minor: ['öre', 'öre'] },
  CZK: { major: ['Czech koruna', 'Czech korunas'], minor: ['haler', 'halers'] },
  USD: { major: ['dollar', 'dollars'], minor: ['cent', 'cents'] },
  GBP: { major: ['pound', 'pounds'], minor: ['penny', 'pence'] },
};

function belowHundred(n: number): string {
  if (n < 20) return ones[n]!;
  return tens[Math.floor(n / 10)]! + (n % 10 ? `-${ones[n % 10]}` : '');
}

function belowThousand(n: number): string {
  if (n < 100) return belowHundred(n);
  const rest = n % 100;
  return `${ones[Math.floor(n / 100)]} hundred${rest ? ` and ${belowHundred(rest)}` : ''}`;
}

export function words(n: bigint): string {
  if (n === 0n) return 'zero';
  const out: string[] = [];
  for (let power = scales.length - 1; power >= 0; power--) {
    const group = Number((n / 1000n ** BigInt(power)) % 1000n);
    if (group === 0) continue;
    // A small last group is joined with "and": one thousand and five.
    if (power === 0 && group < 100 && out.length > 0) out.push('and');
    out.push(belowThousand(group));
    if (scales[power]) out.push(scales[power]!);
  }
  return out.join(' ');
}

export function counted(n: bigint, noun: Noun): string {
  return `${words(n)} ${n === 1n ? noun[0] : noun[1]}`;
}
