/** Forms of a counted noun: exactly one; last digit 2–4 but not 12–14; all else. */
type Forms = [string, string, string];
type Gender = 'masculine' | 'feminine' | 'neuter';

const ones = ['', 'jeden', 'dwa', 'trzy', 'cztery', 'pięć', 'sześć', 'siedem', 'osiem', 'dziewięć'];
const teens = 'dziesięć jedenaście dwanaście trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście'.split(
  ' ',
);
const tens = ',,dwadzieścia,trzydzieści,czterdzieści,pięćdziesiąt,sześćdziesiąt,siedemdziesiąt,osiemdziesiąt,dziewięćdziesiąt'.split(',');
const hundreds = ',sto,dwieście,trzysta,czterysta,pięćset,sześćset,siedemset,osiemset,dziewięćset'.split(',');
const scales: (Forms | undefined)[] = [
  undefined,
  ['tysiąc', 'tysiące', 'tysięcy'],
  ['milion', 'miliony', 'milionów'],
  ['miliard', 'miliardy', 'miliardów'],
  ['bilion', 'biliony', 'bilionów'],
  ['biliard', 'biliardy', 'biliardów'],
];

/** Masculine unless it says otherwise: "jedna korona", "dwie korony", "jedno euro". */
export const names: Record<string, { major: Forms; minor: Forms; gender?: Gender }> = {
  PLN: { major: ['złoty', 'złote', 'złotych'], minor: ['grosz', 'grosze', 'groszy'] },
  EUR: { major: ['euro', 'euro', 'euro'], minor: ['cent', 'centy', 'centów'], gender: 'neuter' },
  USD: { major: ['dolar', 'dolary', 'dolarów'], minor: ['cent', 'centy', 'centów'] },
  GBP: { major: ['funt', 'funty', 'funtów'], minor: ['pens', 'pensy', 'pensów'] },
  CZK: { major: ['korona czeska', 'korony czeskie', 'koron czeskich'], minor: ['halerz', 'halerze', 'halerzy'], gender: 'feminine' },
  SEK: { major: ['korona szwedzka', 'korony szwedzkie', 'koron szwedzkich'], minor: ['öre', 'öre', 'öre'], gender: 'feminine' },
  HUF: { major: ['forint', 'forinty', 'forintów'], minor: ['filler', 'fillery', 'fillerów'] },
};

export function form(n: bigint, forms: Forms): string {
  if (n === 1n) return forms[0];
  const [unit, pair] = [n % 10n, n % 100n];
  return unit >= 2n && unit <= 4n && (pair < 12n || pair > 14n) ? forms[1] : forms[2];
}

function belowThousand(n: number): string[] {
  const pair = n % 100;
  const rest = pair >= 10 && pair < 20 ? [teens[pair - 10]!] : [tens[Math.floor(pair / 10)]!, ones[pair % 10]!];
  return [hundreds[Math.floor(n / 100)]!, ...rest].filter(Boolean);
}

/** Only "one" alone and a final "two" follow the gender of what is counted: "jedna korona", but "sto jeden koron", "dwadzieścia dwie korony". */
export function words(n: bigint, gender: Gender = 'masculine'): string {
  if (n === 1n && gender !== 'masculine') return gender === 'feminine' ? 'jedna' : 'jedno';
  const spoken = spelled(n);
  return gender === 'feminine' ? spoken.replace(/(^|\s)dwa$/, '$1dwie') : spoken;
}

function spelled(n: bigint): string {
  if (n === 0n) return 'zero';
  const out: string[] = [];
  for (let power = scales.length - 1; power >= 0; power--) {
    const group = Number((n / 1000n ** BigInt(power)) % 1000n);
    if (group === 0) continue;
    const scale = scales[power];
    if (!(scale && group === 1)) out.push(...belowThousand(group));
    if (scale) out.push(form(BigInt(group), scale));
  }
  return out.join(' ');
}
