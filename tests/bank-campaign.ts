/**
 * The booking campaign: seeded statements of thousands of lines, written in the dialects of real banks with the slips of real payers, are
 * read and matched against open documents. Each line knows what it truly paid; an automatic booking of anything else is a failure.
 *
 *   node tests/bank-campaign.ts --seed 7 --lines 10000
 */
import { parseArgs } from 'node:util';
import { addDays } from '../src/domain/days/day.ts';
import { match, type OpenItem, OpenItems } from '../src/domain/payments/match.ts';
import { memorySource } from '../src/intake/index.ts';
import { accountKey, type BankLine, inspectStatement, readStatement } from '../src/payments/index.ts';
import { seededRandom } from '../src/testkit/simulator.ts';

type BankCampaign = {
  lines: number;
  credits: number;
  booked: number;
  payable: number;
  proposedRight: number;
  wrong: string[];
  unread: number;
  byKind: Record<string, string>;
  seconds: number;
};

type Buyer = { id: string; name: string; account: string };
type Truth = { ids: string[]; kind: string };

const firsts =
  'Anna Jan Katarzyna Piotr Małgorzata Tomasz Agnieszka Krzysztof Zofia Łukasz Barbara Józef Ewa Stanisław Świętosława Żaneta'.split(' ');
const lasts =
  'Nowak Kowalski Wiśniewska Wójcik Kowalczyk Kamiński Lewandowska Zieliński Szymańska Woźniak Dąbrowska Kozłowski Jankowska Mazur Kwiatkowska Krawczyk Żółć Źrebak Gąsienica Pączek'.split(
    ' ',
  );
const trades =
  'Rowery Meble Zabawki Książki Ogród Elektronika Herbata Odzież Narzędzia Lampy Ceramika Kosmetyki Optyka Wędliny Obuwie Kwiaty'.split(
    ' ',
  );
const places = 'Warszawa Kraków Łódź Gdynia Toruń Ełk Żory Śrem Poznań Opole'.split(' ');
const forms = ['Sp. z o.o.', 's.c.', 'S.A.', ''];

export async function runBankCampaign({ seed, lines }: { seed: number; lines: number }): Promise<BankCampaign> {
  const started = performance.now();
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const digits = (n: number) => Array.from({ length: n }, () => below(10)).join('');

  const buyers: Buyer[] = Array.from({ length: Math.max(40, lines / 8) }, (_, i) => ({
    id: `b${i}`,
    name: below(3) > 0 ? `${pick(trades)} ${pick(lasts)} ${pick(places)} ${pick(forms)}`.trim() : `${pick(firsts)} ${pick(lasts)}`,
    account: digits(26),
  }));
  // Prices of plans: many owe the same, which is what makes guessing dangerous.
  const prices = [4900n, 4900n, 9900n, 9900n, 14900n, 49000n];
  const documents: (OpenItem & { payer: Buyer })[] = Array.from({ length: lines }, (_, i) => {
    const buyer = pick(buyers);
    const month = 1 + below(12);
    const kind = below(4) === 0 ? 'FV' : 'PRO';
    const gross = below(3) === 0 ? BigInt(1000 + below(900_000)) : pick(prices);
    return {
      id: `d${i}`,
      number: `${kind}/${1 + Math.floor(i / 12)}/${String(month).padStart(2, '0')}/2026`,
      ...(below(3) === 0 && { orderNumber: `ZAM-${100_000 + i}` }),
      currency: 'PLN',
      openMinor: gross,
      grossMinor: gross,
      buyerName: buyer.name,
      buyer: buyer.id,
      issueDay: addDays('2026-11-01', below(20)),
      payer: buyer,
    };
  }).filter((d, i, all) => all.findIndex((o) => o.number === d.number) === i || i > 4000);
  const unique = [...new Map(documents.map((d) => [d.number, d])).values()];
  const accounts = new Map<string, string[]>();
  for (const buyer of buyers) if (below(3) === 0) accounts.set(buyer.account, [buyer.id]);
  const items = new OpenItems(unique, accounts);
  const left = new Map(unique.map((d) => [d.id, d.openMinor]));
  const unpaid = [...unique];
  const paid: typeof unique = [];
  const truths = new Map<string, Truth>();

  const written = (number: string): string => {
    const [kind, n, month, year] = number.split('/') as [string, string, string, string];
    return pick([
      number,
      number,
      number,
      `${kind} ${n}/${month}/${year}`,
      `${kind} ${n} ${month} ${year}`,
      number.toLowerCase(),
      `${kind}${n}${month}${year}`,
      `${kind}/${n.padStart(4, '0')}/${Number(month)}/${year}`,
      `${n}/${month}/${year}`,
    ]);
  };
  const slip = (text: string) => {
    const places_ = [...text].flatMap((c, i) => (/\d/.test(c) ? [i] : []));
    const at = pick(places_);
    return text.slice(0, at) + String((Number(text[at]) + 1 + below(9)) % 10) + text.slice(at + 1);
  };
  const noise = ['', 'Zapłata za ', 'za fakturę ', 'opłata nr ', 'Dot. ', 'prośba o szybką wysyłkę, ', 'wpłata '];
  const stranger = () => `${pick(firsts)} ${pick(lasts)}`;

  const entries: string[] = [];
  let sum = 0n;
  for (let i = 0; i < lines; i++) {
    const roll = random();
    const document = unpaid.length > 0 ? unpaid[below(unpaid.length)]! : undefined;
    const line = {
      amount: BigInt(100 + below(100_000)),
      title: pick([
        'Wynagrodzenie',
        'Zwrot',
        'czynsz 12/2026',
        `umowa ${below(99)}/${below(12)}/2026`,
        'PRZELEW',
        `FV/${below(999)}/${below(12)}/2025`,
        `zamówienie ${digits(6)}`,
      ]),
      name: stranger(),
      account: digits(26),
      truth: { ids: [] as string[], kind: 'other' },
    };
    const pay = (d: (typeof unique)[number], kind: string, title: string, amount = left.get(d.id)!) => {
      const rest = left.get(d.id)! - amount;
      left.set(d.id, rest > 0n ? rest : 0n);
      if (rest <= 0n) {
        unpaid.splice(unpaid.indexOf(d), 1);
        paid.push(d);
      }
      Object.assign(line, { amount, title, name: d.payer.name, account: d.payer.account, truth: { ids: [d.id], kind } });
    };
    if (document && roll < 0.62) pay(document, 'named', pick(noise) + written(document.number));
    else if (document && roll < 0.66) {
      pay(document, 'stranger pays', pick(noise) + written(document.number));
      Object.assign(line, { name: stranger(), account: digits(26) });
    } else if (document && roll < 0.7) pay(document, 'slip', pick(noise) + slip(document.number));
    else if (document && roll < 0.71) {
      pay(document, 'stranger slips', slip(document.number));
      Object.assign(line, { name: stranger(), account: digits(26) });
    } else if (document && roll < 0.77) pay(document, 'no title', pick(['Przelew', 'abonament', 'opłata', '']));
    else if (document?.orderNumber && roll < 0.79) pay(document, 'order number', `zamowienie ${document.orderNumber}`);
    else if (document && roll < 0.81 && left.get(document.id)! > 300n)
      pay(document, 'part', written(document.number), left.get(document.id)! / 2n);
    else if (document && roll < 0.82) pay(document, 'over', written(document.number), left.get(document.id)! + BigInt(1 + below(5000)));
    else if (paid.length > 0 && roll < 0.85) {
      const again = pick(paid);
      Object.assign(line, {
        amount: again.grossMinor,
        title: written(again.number),
        name: again.payer.name,
        account: again.payer.account,
        truth: { ids: [], kind: 'double' },
      });
    } else if (document && roll < 0.88) {
      const others = unpaid.filter((d) => d.buyer === document.buyer && d !== document).slice(0, 2);
      const all = [document, ...others];
      const amount = all.reduce((total, d) => total + left.get(d.id)!, 0n);
      const title = all.map((d) => d.number).join(', ');
      for (const d of all) pay(d, 'several', title);
      Object.assign(line, { amount, truth: { ids: all.map((d) => d.id), kind: all.length > 1 ? 'several' : 'named' } });
    } else if (document && roll < 0.93) {
      // Money of somebody else that happens to be just as much as a document.
      line.amount = left.get(document.id)!;
    }
    truths.set(`T${i}`, line.truth);
    sum += line.amount;
    entries.push(entry(i, line, below(4)));
  }
  const text = `:20:SEEDED\r\n:25:PL61109010140000071219812874\r\n:28C:1\r\n:60F:C261120PLN0,00\r\n${entries.join('')}:62F:C261120PLN${comma(sum)}\r\n-\r\n`;
  const source = memorySource('seeded.sta', Buffer.from(text, 'utf8'), 4093);
  const head = await inspectStatement(source);
  if ('refused' in head) throw new Error(`the seeded statement is refused: ${head.refused.code}`);
  const tally: Record<string, { all: number; booked: number }> = {};
  const wrong: string[] = [];
  let [credits, booked, payable, proposedRight, unread] = [0, 0, 0, 0, 0];
  for await (const event of readStatement(source, head)) {
    if ('finding' in event) unread++;
    if (!('line' in event)) continue;
    credits++;
    const { line } = event;
    const truth = truths.get(line.bankReference!)!;
    tally[truth.kind] ??= { all: 0, booked: 0 };
    const row = tally[truth.kind]!;
    row.all++;
    if (truth.ids.length > 0) payable++;
    const [best] = match({ ...line, day: line.valueDay, payerAccount: line.payerAccount && accountKey(line.payerAccount) }, items);
    const chosen = best?.shares
      .map((s) => s.id)
      .sort()
      .join(' ');
    const right = chosen === [...truth.ids].sort().join(' ');
    if (best?.sure) {
      booked++;
      row.booked++;
      if (!right)
        wrong.push(
          `${line.bankReference} ${truth.kind}: paid ${truth.ids.map((id) => items.item(id)?.number)}, booked on ${best.shares.map((s) => items.item(s.id)?.number)} for ${best.reasons}: ${tell(line)}`,
        );
      for (const share of best.shares) items.booked(share.id, share.amountMinor);
      if (line.payerAccount) learn(accounts, accountKey(line.payerAccount), items.item(best.shares[0]!.id)!.buyer);
    } else {
      if (best && right && truth.ids.length > 0) proposedRight++;
      // A person books what is left, as the truth says.
      for (const id of truth.ids) {
        const item = items.item(id)!;
        items.booked(id, truth.kind === 'part' ? line.amountMinor : item.openMinor);
      }
    }
  }
  const byKind = Object.fromEntries(Object.entries(tally).map(([kind, { all, booked: n }]) => [kind, `${n} of ${all}`]));
  return { lines, credits, booked, payable, proposedRight, wrong, unread, byKind, seconds: (performance.now() - started) / 1000 };
}

function learn(accounts: Map<string, string[]>, account: string, buyer: string): void {
  const known = accounts.get(account) ?? [];
  if (!known.includes(buyer)) accounts.set(account, [...known, buyer]);
}

const tell = (line: BankLine) => `${line.titles[0]} | ${line.payerName} | ${line.amountMinor}`;
const comma = (minor: bigint) => `${minor / 100n},${String(minor % 100n).padStart(2, '0')}`;

/** One entry in the way of one of four banks. */
function entry(i: number, line: { amount: bigint; title: string; name: string; account: string }, dialect: number): string {
  const first = `:61:2611201120C${comma(line.amount)}N${'TRF'}NONREF//T${i}\r\n`;
  const cut = (text: string, size: number) => text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? [''];
  if (dialect === 0 || dialect === 3) {
    const separator = dialect === 0 ? '~' : '<';
    const titles = cut(line.title, 27)
      .slice(0, 6)
      .map((part, n) => `${separator}${20 + n}${part}`)
      .join('');
    if (separator === '<') return `${first}:86:020<00PRZELEW${titles}<27${line.name}<38${line.account}\r\n`;
    return `${first}:86:020~00PRZELEW\r\n${titles}\r\n~32${line.name.slice(0, 27)}~33${line.name.slice(27)}~38${line.account}\r\n`;
  }
  if (dialect === 1) {
    const text = `911 PRZELEW; Z RACH.: ${line.account}; OD: ${line.name}  UL. DŁUGA 1; TYT.: ${line.title}; TNR: 1${i}.010001`;
    return `${first}:86:${cut(text, 65).join('\r\n')}\r\n`;
  }
  const titles = cut(line.title, 27)
    .map((part, n) => `?${20 + n}${part}`)
    .join('');
  return `${first}:86:166?00UEBERWEISUNG${titles}?31${line.account}?32${line.name.slice(0, 27)}?33${line.name.slice(27)}\r\n`;
}

if (process.argv[1] && import.meta.url.endsWith('bank-campaign.ts') && process.argv[1].endsWith('bank-campaign.ts')) {
  const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, lines: { type: 'string', default: '10000' } } });
  const result = await runBankCampaign({ seed: Number(values.seed), lines: Number(values.lines) });
  const { wrong, ...figures } = result;
  process.stdout.write(
    `${JSON.stringify(figures, null, 2)}\nautomatically: ${((100 * result.booked) / result.payable).toFixed(1)} % of what paid a document\nwrong: ${wrong.length}\n${wrong.slice(0, 20).join('\n')}\n`,
  );
  process.exitCode = wrong.length > 0 || result.credits !== result.lines ? 1 : 0;
}
