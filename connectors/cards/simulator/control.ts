import { type Language, Refused, type Section, type SimVerb, type Words } from '../../../src/testkit/service.ts';
import type { Api } from './api.ts';
import { type NoticeManner, type Notices, notices } from './notices.ts';
import { Refusal } from './processor.ts';

/** What happens on the other sides: the buyer pays, the bank deletes, the cardholder disputes. */
export function verbsOf(api: () => Api, told: () => Notices, moved: () => void): SimVerb[] {
  const doing =
    (run: (found: string[], body: Record<string, unknown>) => unknown): SimVerb['run'] =>
    (found, body) => {
      try {
        const made = run(found, body);
        moved();
        return made;
      } catch (error) {
        if (error instanceof Refusal) throw new Refused(error.status, error.message);
        throw error;
      }
    };
  const one = <Kind>(all: Map<string, Kind>, id: string | undefined): Kind => {
    const found = all.get(id ?? '');
    if (!found) throw new Refused(404, `no ${id}`);
    return found;
  };
  const processor = () => api().processor;
  return [
    {
      method: 'POST',
      path: /^checkouts\/([^/]+)\/pay$/,
      run: doing(([id], { card, expiryMonth, expiryYear }) =>
        processor().pay(
          one(processor().checkouts, id),
          String(card ?? '4242424242424242'),
          Number(expiryMonth ?? 12),
          Number(expiryYear ?? 2034),
        ),
      ),
    },
    {
      method: 'POST',
      path: /^payments\/([^/]+)\/authenticate$/,
      run: doing(([id], { confirm }) => processor().authenticate(one(processor().payments, id), confirm !== false)),
    },
    {
      method: 'POST',
      path: /^payments\/([^/]+)\/dispute$/,
      run: doing(([id], { reason }) =>
        processor().dispute(one(processor().payments, id), reason === undefined ? undefined : String(reason)),
      ),
    },
    {
      method: 'POST',
      path: /^disputes\/([^/]+)\/close$/,
      run: doing(([id], { won }) => processor().closeDispute(one(processor().disputes, id), won === true)),
    },
    {
      method: 'POST',
      path: /^mandates\/([^/]+)\/cancel$/,
      run: doing(([id], { by }) => processor().cancelMandate(one(processor().mandates, id), by === 'issuer' ? 'issuer' : 'customer')),
    },
    { method: 'POST', path: /^mandates\/([^/]+)\/renew$/, run: doing(([id]) => processor().renewCard(one(processor().mandates, id))) },
    { method: 'GET', path: /^notifications$/, run: () => told().listed() },
    {
      method: 'POST',
      path: /^notifications\/([^/]+)\/again$/,
      run: doing(([id]) => {
        if (!told().again(id!)) throw new Refused(404, `no ${id}`);
        return undefined;
      }),
    },
  ];
}

const words = {
  settings: { pl: 'Przełączniki', en: 'Switches', hu: 'Kapcsolók', sv: 'Reglage' },
  issuersDown: { pl: 'Banki nie odpowiadają', en: 'Banks do not answer', hu: 'A bankok nem válaszolnak', sv: 'Bankerna svarar inte' },
  refundsFail: { pl: 'Zwroty się nie udają', en: 'Refunds fail', hu: 'A visszatérítések meghiúsulnak', sv: 'Återbetalningar misslyckas' },
  webhooks: { pl: 'Powiadomienia', en: 'Notifications', hu: 'Értesítések', sv: 'Aviseringar' },
  address: { pl: 'Adres powiadomień', en: 'Sent to', hu: 'Címzett', sv: 'Skickas till' },
  key: { pl: 'Klucz', en: 'Key', hu: 'Kulcs', sv: 'Nyckel' },
  checkouts: { pl: 'Płatności kupujących', en: 'Checkouts', hu: 'Pénztárak', sv: 'Kassor' },
  payments: { pl: 'Obciążenia', en: 'Payments', hu: 'Fizetések', sv: 'Betalningar' },
  mandates: { pl: 'Zgody', en: 'Mandates', hu: 'Meghatalmazások', sv: 'Medgivanden' },
  disputes: { pl: 'Reklamacje', en: 'Disputes', hu: 'Visszaterhelések', sv: 'Tvister' },
  reference: { pl: 'Odnośnik', en: 'Reference', hu: 'Hivatkozás', sv: 'Referens' },
  amount: { pl: 'Kwota', en: 'Amount', hu: 'Összeg', sv: 'Belopp' },
  state: { pl: 'Stan', en: 'State', hu: 'Állapot', sv: 'Status' },
  customer: { pl: 'Klient', en: 'Customer', hu: 'Ügyfél', sv: 'Kund' },
  card: { pl: 'Karta', en: 'Card', hu: 'Kártya', sv: 'Kort' },
  none: { pl: 'Jeszcze nic', en: 'Nothing yet', hu: 'Még semmi', sv: 'Inget ännu' },
  pay: { pl: 'Zapłać', en: 'Pay', hu: 'Fizetés', sv: 'Betala' },
  confirm: { pl: 'Potwierdź', en: 'Confirm', hu: 'Jóváhagyás', sv: 'Godkänn' },
  dispute: { pl: 'Reklamuj', en: 'Dispute', hu: 'Visszaterhelés', sv: 'Bestrid' },
  byCustomer: { pl: 'Klient cofa', en: 'Customer cancels', hu: 'Az ügyfél lemondja', sv: 'Kunden säger upp' },
  byIssuer: { pl: 'Bank usuwa', en: 'Bank deletes', hu: 'A bank törli', sv: 'Banken raderar' },
  renew: { pl: 'Nowa karta', en: 'New card', hu: 'Új kártya', sv: 'Nytt kort' },
  won: { pl: 'Wygrana', en: 'Won', hu: 'Megnyerve', sv: 'Vunnen' },
  lost: { pl: 'Przegrana', en: 'Lost', hu: 'Elveszítve', sv: 'Förlorad' },
} satisfies Record<string, Words>;

const manners: Record<NoticeManner, Words> = {
  normal: { pl: 'jak należy', en: 'as they should', hu: 'rendben', sv: 'som de ska' },
  lost: { pl: 'giną', en: 'lost', hu: 'elvesznek', sv: 'försvinner' },
  twice: { pl: 'przychodzą dwa razy', en: 'come twice', hu: 'kétszer jönnek', sv: 'kommer två gånger' },
  late: { pl: 'spóźniają się o godzinę', en: 'an hour late', hu: 'egy órát késnek', sv: 'en timme sena' },
  forged: { pl: 'z podrobionym podpisem', en: 'with a forged signature', hu: 'hamis aláírással', sv: 'med förfalskad signatur' },
  stale: { pl: 'ze starą datą', en: 'with an old date', hu: 'régi dátummal', sv: 'med gammalt datum' },
  unsigned: { pl: 'bez podpisu', en: 'without a signature', hu: 'aláírás nélkül', sv: 'utan signatur' },
};

const states: Record<string, Words> = {
  open: { pl: 'otwarta', en: 'open', hu: 'nyitott', sv: 'öppen' },
  processing: { pl: 'w toku', en: 'processing', hu: 'folyamatban', sv: 'behandlas' },
  pending: { pl: 'w toku', en: 'pending', hu: 'folyamatban', sv: 'behandlas' },
  succeeded: { pl: 'zapłacona', en: 'succeeded', hu: 'sikeres', sv: 'genomförd' },
  failed: { pl: 'nieudana', en: 'failed', hu: 'sikertelen', sv: 'misslyckad' },
  cancelled: { pl: 'cofnięta', en: 'cancelled', hu: 'lemondva', sv: 'avbruten' },
  expired: { pl: 'wygasła', en: 'expired', hu: 'lejárt', sv: 'utgången' },
  requires_customer: { pl: 'czeka na klienta', en: 'waits for the customer', hu: 'az ügyfélre vár', sv: 'väntar på kunden' },
  active: { pl: 'czynna', en: 'active', hu: 'aktív', sv: 'aktivt' },
  won: { pl: 'wygrana', en: 'won', hu: 'megnyerve', sv: 'vunnen' },
  lost: { pl: 'przegrana', en: 'lost', hu: 'elveszítve', sv: 'förlorad' },
};

const shown = 30;

export function pageOf(api: Api, language: Language): Section[] {
  const t = (name: keyof typeof words) => words[name][language];
  const { processor, current } = api;
  const money = ({ amountMinor, currency }: { amountMinor: number; currency: string }) => {
    const digits = String(amountMinor).padStart(3, '0');
    return `${digits.slice(0, -2)}.${digits.slice(-2)} ${currency}`;
  };
  const state = (name: string) => states[name]?.[language] ?? name;
  const latest = <Kind>(all: Map<string, Kind>) => [...all.values()].reverse().slice(0, shown);
  const button = (label: string, call: string, body: Record<string, unknown> = {}) => ({ kind: 'button' as const, label, call, body });
  return [
    {
      title: t('settings'),
      facts: [
        [t('key'), current.secretKey],
        [t('address'), current.webhookUrl ?? '—'],
      ],
      controls: [
        {
          kind: 'switch',
          label: t('issuersDown'),
          on: current.issuers === 'down',
          set: { issuers: current.issuers === 'down' ? 'up' : 'down' },
        },
        {
          kind: 'switch',
          label: t('refundsFail'),
          on: current.refunds === 'fail',
          set: { refunds: current.refunds === 'fail' ? 'succeed' : 'fail' },
        },
        {
          kind: 'choice',
          label: t('webhooks'),
          setting: 'webhooks',
          value: current.webhooks,
          options: notices.map((name) => [name, manners[name][language]]),
        },
      ],
    },
    {
      title: t('mandates'),
      wide: true,
      table: {
        head: [t('customer'), t('card'), t('state'), '', '', ''],
        empty: t('none'),
        rows: latest(processor.mandates).map((mandate) => [
          mandate.customer.reference,
          `•••• ${mandate.method.last4}`,
          state(mandate.state),
          ...(mandate.state === 'active'
            ? [
                button(t('byCustomer'), `POST mandates/${mandate.id}/cancel`, { by: 'customer' }),
                button(t('byIssuer'), `POST mandates/${mandate.id}/cancel`, { by: 'issuer' }),
                button(t('renew'), `POST mandates/${mandate.id}/renew`),
              ]
            : ['', '', '']),
        ]),
      },
    },
    {
      title: t('checkouts'),
      wide: true,
      table: {
        head: [t('reference'), t('amount'), t('state'), ''],
        empty: t('none'),
        rows: latest(processor.checkouts).map((checkout) => [
          checkout.reference,
          money(checkout),
          state(checkout.state),
          checkout.state === 'open' || checkout.state === 'failed' ? button(t('pay'), `POST checkouts/${checkout.id}/pay`) : '',
        ]),
      },
    },
    {
      title: t('payments'),
      wide: true,
      table: {
        head: [t('reference'), t('amount'), t('state'), ''],
        empty: t('none'),
        rows: latest(processor.payments).map((payment) => [
          payment.reference,
          money(payment),
          payment.decline ? `${state(payment.state)}: ${payment.decline.code}` : state(payment.state),
          payment.state === 'requires_customer'
            ? button(t('confirm'), `POST payments/${payment.id}/authenticate`)
            : payment.state === 'succeeded' && !payment.disputed
              ? button(t('dispute'), `POST payments/${payment.id}/dispute`)
              : '',
        ]),
      },
    },
    {
      title: t('disputes'),
      wide: true,
      table: {
        head: [t('reference'), t('amount'), t('state'), '', ''],
        empty: t('none'),
        rows: latest(processor.disputes).map((dispute) => [
          dispute.reference,
          money(dispute),
          state(dispute.state),
          ...(dispute.state === 'open'
            ? [
                button(t('won'), `POST disputes/${dispute.id}/close`, { won: true }),
                button(t('lost'), `POST disputes/${dispute.id}/close`, { won: false }),
              ]
            : ['', '']),
        ]),
      },
    },
  ];
}
