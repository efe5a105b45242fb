import { headerValue, type Manifest, type Texts } from '../../src/contract/manifest.ts';
import { causes } from './causes.ts';

const t = (pl: string, en: string, hu: string, sv: string): Texts => ({ pl, en, hu, sv });

export const manifest: Manifest = {
  id: 'cards',
  name: 'Cards',
  title: { en: 'Cards', pl: 'Karty płatnicze', hu: 'Bankkártyák', sv: 'Betalkort' },
  role: 'provider',
  countries: ['PL', 'HU', 'SE'],
  capabilities: ['charge', 'receive-calls'],
  settings: [
    {
      key: 'apiKey',
      type: 'secret',
      pattern: headerValue,
      required: true,
      maxLength: 200,
      label: t('Klucz API', 'API key', 'API-kulcs', 'API-nyckel'),
      help: t(
        'Z panelu operatora płatności; klucz testowy pobiera tylko na niby.',
        'From the processor’s panel; a test key charges nothing real.',
        'A fizetési szolgáltató felületéről; a tesztkulcs nem terhel valódi kártyát.',
        'Från betalväxelns panel; en testnyckel debiterar ingenting på riktigt.',
      ),
    },
    {
      key: 'signingSecret',
      type: 'secret',
      required: true,
      maxLength: 200,
      label: t(
        'Sekret podpisu powiadomień',
        'Signing secret of notices',
        'Az értesítések aláíró titka',
        'Signeringshemlighet för aviseringar',
      ),
      help: t(
        'Wklej adres przyjmowania z tej strony w panelu operatora płatności i przepisz stamtąd sekret.',
        'Paste the intake address of this page into the processor’s panel and copy the secret from there.',
        'Illessze be ennek az oldalnak a fogadócímét a szolgáltató felületén, és onnan másolja ide a titkot.',
        'Klistra in sidans mottagningsadress i betalväxelns panel och kopiera hemligheten därifrån.',
      ),
    },
  ],
  causes,
  facts: {
    account: t('Konto', 'Account', 'Fiók', 'Konto'),
    currencies: t('Waluty', 'Currencies', 'Pénznemek', 'Valutor'),
    test: t('Konto testowe', 'Test account', 'Tesztfiók', 'Testkonto'),
    yes: t('tak', 'yes', 'igen', 'ja'),
    no: t('nie', 'no', 'nem', 'nej'),
  },
  limits: { perMinute: 300, concurrency: 4, maxSends: 5, timeoutMs: 30_000, settleAfterMs: 45_000 },
  about: t(
    'Płatności cykliczne kartą: klient zatwierdza raz, potem opłaty pobierają się same. Dla tych, którzy sprzedają abonamenty.',
    'Recurring card payments: the customer confirms once, after that fees are charged by themselves. For those who sell subscriptions.',
    'Ismétlődő kártyás fizetés: az ügyfél egyszer jóváhagyja, utána a díjak maguktól terhelődnek. Előfizetést árusítóknak.',
    'Återkommande kortbetalning: kunden godkänner en gång, sedan dras avgifterna automatiskt. För den som säljer abonnemang.',
  ),
};
