const ones = ['', 'ett', 'två', 'tre', 'fyra', 'fem', 'sex', 'sju', 'åtta', 'nio', 'tio'];
const teens = ['tio', 'elva', 'tolv', 'tretton', 'fjorton', 'femton', 'sexton', 'sjutton', 'arton', 'nitton'];
const tens = ['', '', 'tjugo', 'trettio', 'fyrtio', 'femtio', 'sextio', 'sjuttio', 'åttio', 'nittio'];
const scales: (readonly [string, string])[] = [
  ['miljon', 'miljoner'],
  ['miljard', 'miljarder'],
  ['biljon', 'biljoner'],
  ['biljard', 'biljarder'],
];

/** One and many, and the article: "en krona", "ett öre". */
type Noun = { one: string; many: string; article: 'en' | 'ett' };
const noun = (one: string, many: string, article: 'en' | 'ett' = 'en'): Noun => ({ one, many, article });

export const names: Record<string, { major: Noun; minor: Noun }> = {
  SEK: { major: noun('krona', 'kronor'), minor: noun('öre', 'öre', 'ett') },
  EUR: { major: noun('euro', 'euro'), minor: noun('cent', 'cent') },
  PLN: { major: noun('zloty', 'zloty'), minor: noun('grosz', 'groszy') },
  HUF: { major: noun('forint', 'forint'), minor: noun('fillér', 'fillér') },
  CZK: { major: noun('tjeckisk krona', 'tjeckiska kronor'), minor: noun('haléř', 'haléř') },
  USD: { major: noun('dollar', 'dollar'), minor: noun('cent', 'cent') },
  GBP: { major: noun('pund', 'pund', 'ett'), minor: noun('penny', 'pence') },
};

function belowThousand(n: number, article: 'en' | 'ett'): string {
  const [hundred, pair] = [Math.floor(n / 100), n % 100];
  const one = pair % 10;
  const last = one === 1 ? article : ones[one]!;
  const rest = pair >= 10 && pair < 20 ? teens[pair - 10]! : tens[Math.floor(pair / 10)]! + last;
  return (hundred > 0 ? `${ones[hundred]}hundra` : '') + rest;
}

/** Below a million in one word, millions and more as words of their own. */
export function words(n: bigint, article: 'en' | 'ett' = 'ett'): string {
  if (n === 0n) return 'noll';
  const out: string[] = [];
  for (let power = scales.length - 1; power >= 0; power--) {
    const group = Number((n / 1000n ** BigInt(power + 2)) % 1000n);
    if (group > 0) out.push(belowThousand(group, 'en'), scales[power]![group === 1 ? 0 : 1]);
  }
  const [thousands, rest] = [Number((n / 1000n) % 1000n), Number(n % 1000n)];
  // "ettusen": three t in a row are written as two.
  const thousandWord = thousands === 0 ? '' : `${belowThousand(thousands, 'ett')}tusen`.replace(/ettt/, 'ett');
  const small = thousandWord + belowThousand(rest, article);
  return [...out, small].filter(Boolean).join(' ');
}

export function counted(n: bigint, noun: Noun): string {
  return `${words(n, noun.article)} ${n === 1n ? noun.one : noun.many}`;
}
