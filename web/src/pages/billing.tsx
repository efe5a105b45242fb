import { Button, Checkbox, SegmentedControl, Select, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import type { BillView, Connection, DoubleCharge, Panel, PlanView, SubscriptionView } from '../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { lazy } from '../lazy.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import { AskForm, kindsFor } from './ask.tsx';
import styles from './payments.module.css';

const trouble = (error: Error) => toast({ error });

const Operator = lazy(() => import('./billing-operator.tsx'));

/** My integrations: what is subscribed to, what was billed and paid, cards, addresses. For the operator: its business. */
export default function Billing() {
  const t = useT();
  const panel = useQuery({ queryKey: ['billing'], queryFn: () => api.get<Panel>('/billing') });
  const { data } = panel;
  return (
    <Page
      title={data?.operator ? t('billing.operatorTitle') : t('nav.billing')}
      help="billing"
      about={data?.operator ? t('billing.operatorAbout') : t('billing.about')}
      wide
    >
      {panel.error ? (
        <Failed error={panel.error} retry={() => void panel.refetch()} />
      ) : !data ? (
        <Lines />
      ) : !data.available ? (
        <Section>
          <Empty icon="store" title={t('billing.noneTitle')}>
            {t('billing.noneText')}
          </Empty>
        </Section>
      ) : data.operator ? (
        <Suspense fallback={<Lines />}>
          <Operator />
        </Suspense>
      ) : (
        <Customer panel={data} />
      )}
    </Page>
  );
}

const tones: Record<SubscriptionView['state'], Tone> = {
  pending: 'wait',
  trial: 'info',
  active: 'good',
  past_due: 'bad',
  suspended: 'bad',
  cancelled: 'plain',
  expired: 'plain',
};

function Customer({ panel }: { panel: Panel }) {
  const t = useT();
  const { day, money } = useFormats();
  const { can } = useSession();
  const [ordering, setOrdering] = useState<PlanView>();
  const open = panel.doubles.filter(canBeMended);
  const live = panel.subscriptions.filter((s) => !['cancelled', 'expired'].includes(s.state));
  return (
    <>
      {panel.standing !== 'good' && (
        <div className={styles.warn} role="alert">
          <div>
            <strong>{panel.standing === 'suspended' ? t('billing.suspended') : t('billing.notice', { day: day(panel.suspendOn) })}</strong>
            <p className="dim">{t('billing.owed', { amount: panel.overdue.map((o) => money(o.amount, o.currency)).join(', ') })}</p>
          </div>
        </div>
      )}
      {open.slice(0, 1).map((d) => (
        <Double key={d.id} double={d} />
      ))}
      <Section title={t('billing.mine')} flush={live.length > 0}>
        {live.length === 0 ? (
          <Empty icon="plug" title={t('billing.mineEmpty')}>
            {t('billing.mineEmptyText')}
          </Empty>
        ) : (
          <Subscriptions panel={panel} live={live} />
        )}
      </Section>
      <Bills panel={panel} />
      <Section title={t('billing.plans')} about={panel.seller ? t('billing.soldBy', { name: panel.seller }) : undefined}>
        <ul className={styles.cards}>
          {panel.plans.map((plan) => (
            <li key={plan.id} className={styles.card}>
              <strong>{plan.name}</strong>
              <span className={styles.price}>{money(plan.terms.price, plan.currency)}</span>
              <span className="dim">
                {t(`billing.interval.${plan.terms.interval}`)}
                {plan.terms.trialDays > 0 ? ` · ${t('billing.trial', { count: plan.terms.trialDays })}` : ''}
              </span>
              {plan.about && <span>{plan.about}</span>}
              <Included plan={plan} />
              {can('billing') && (
                <Button variant="default" onClick={() => setOrdering(plan)} aria-label={`${t('billing.order')}: ${plan.name}`}>
                  {t('billing.order')}
                </Button>
              )}
            </li>
          ))}
        </ul>
      </Section>
      {panel.customer && <Addresses panel={panel} />}
      {ordering && <Order panel={panel} plan={ordering} onClose={() => setOrdering(undefined)} />}
    </>
  );
}

function Included({ plan }: { plan: PlanView }) {
  const t = useT();
  const { money, number } = useFormats();
  const { included, tiers } = plan.terms;
  if (tiers.length === 0) return null;
  return (
    <span className="dim">
      {included > 0 ? `${t('billing.included', { count: included })} · ` : ''}
      {tiers
        .map((tier) =>
          tier.upTo
            ? t('billing.tierUpTo', { n: number(tier.upTo), price: money(tier.price, plan.currency) })
            : t('billing.tier', { price: money(tier.price, plan.currency) }),
        )
        .join(', ')}
    </span>
  );
}

/** One card on two accounts is only told, and so is what nothing is left to mend of. */
export const canBeMended = (d: DoubleCharge) => d.settledHow === null && (d.refund || d.endsMandate || d.sign !== 'one-card-two-accounts');

/** The customer who pays twice: what runs twice, since when, and one click that mends it. */
export function Double({ double: d, customer }: { double: DoubleCharge; customer?: string }) {
  const t = useT();
  const { money, day } = useFormats();
  const client = useQueryClient();
  const settle = useMutation({
    mutationFn: (how: 'mend' | 'keep') => api.post(`/billing/doubles/${d.id}/${how}`, {}),
    onSuccess: (_, how) => {
      if (how === 'mend') toast({ text: t('billing.mended'), tone: 'good' });
      return client.invalidateQueries({ queryKey: ['billing'] });
    },
    onError: trouble,
  });
  const { facts } = d;
  return (
    <div className={styles.warn} role="alert">
      <div>
        <strong>{[customer, t('billing.doubleTitle', { plan: d.plan })].filter(Boolean).join(' · ')}</strong>
        <p>
          {t('billing.doubleText', {
            first: [facts.firstLabel, day(facts.firstSince)].filter(Boolean).join(', '),
            second: [facts.secondLabel, day(facts.secondSince)].filter(Boolean).join(', '),
          })}
        </p>
        <p className="dim">
          {[
            d.refund && t('billing.doubleRefund', { amount: money(d.refund.amount, d.refund.currency) }),
            d.endsMandate !== null && t('billing.doubleMandate', { label: d.endsMandate || t('billing.card') }),
          ]
            .filter(Boolean)
            .join(' ')}
        </p>
      </div>
      <div className={styles.line}>
        <Button color="red" loading={settle.isPending} onClick={() => settle.mutate('mend')}>
          {t('billing.mend')}
        </Button>
        <Button variant="subtle" onClick={() => settle.mutate('keep')}>
          {t('billing.keep')}
        </Button>
      </div>
    </div>
  );
}

function Subscriptions({ panel, live }: { panel: Panel; live: SubscriptionView[] }) {
  const t = useT();
  const { day, number } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const [changing, setChanging] = useState<SubscriptionView>();
  const refresh = () => client.invalidateQueries({ queryKey: ['billing'] });
  const end = useMutation({
    mutationFn: (id: string) => api.post<{ endsOn: string }>(`/billing/subscriptions/${id}/end`, {}),
    onSuccess: refresh,
    onError: trouble,
  });
  const off = useMutation({
    mutationFn: (id: string) => api.post(`/billing/mandates/${id}/end`, {}),
    onSuccess: refresh,
    onError: trouble,
  });
  return (
    <>
      <Table
        label={t('billing.mine')}
        rows={live}
        id={(s) => s.id}
        columns={[
          {
            title: t('billing.plan'),
            grow: true,
            cell: (s) => (
              <>
                <strong>{s.plan.name}</strong> <span className="dim">{s.connectionName}</span>
                {s.nextPlan && <div className="dim">{t('billing.nextPlan', { plan: s.nextPlan, day: day(s.periodEnd) })}</div>}
                {s.cancelOn && <div className="dim">{t('billing.endsOn', { day: day(s.cancelOn) })}</div>}
              </>
            ),
          },
          { title: t('field.state'), cell: (s) => <Chip tone={tones[s.state]}>{t(`billing.state.${s.state}`)}</Chip> },
          { title: t('billing.until'), cell: (s) => day(s.periodEnd) },
          { title: t('nav.documents'), end: true, cell: (s) => number(s.documents) },
          {
            title: t('billing.payment'),
            cell: (s) => {
              const card = s.mandates.find((m) => ['active', 'surplus', 'cancelling'].includes(m.state));
              if (!card) return t(`billing.payBy.${s.payBy}`);
              return (
                <span className={styles.line}>
                  <span>{card.label ?? t('billing.card')}</span>
                  <span className="dim">{card.lastChargedAt ? t('billing.lastCharged', { day: day(card.lastChargedAt) }) : ''}</span>
                  {can('billing') && card.state !== 'cancelling' && (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      onClick={() => off.mutate(card.id)}
                      aria-label={`${t('billing.switchOff')}: ${card.label ?? ''}`}
                    >
                      {t('billing.switchOff')}
                    </Button>
                  )}
                  {card.state === 'cancelling' && <Chip tone="wait">{t('billing.switchingOff')}</Chip>}
                </span>
              );
            },
          },
          {
            title: '',
            end: true,
            cell: (s) =>
              can('billing') && (
                <span className={styles.line} style={{ flexWrap: 'nowrap', justifyContent: 'flex-end' }}>
                  {(s.state === 'active' || s.state === 'trial') && (
                    <Button size="compact-sm" variant="subtle" onClick={() => setChanging(s)}>
                      {t('billing.change')}
                    </Button>
                  )}
                  {!s.cancelOn && (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      color="red"
                      onClick={() => end.mutate(s.id)}
                      aria-label={`${t('billing.end')}: ${s.plan.name}`}
                    >
                      {t('billing.end')}
                    </Button>
                  )}
                </span>
              ),
          },
        ]}
      />
      {changing && <ChangePlan panel={panel} subscription={changing} onClose={() => setChanging(undefined)} />}
    </>
  );
}

function ChangePlan({ panel, subscription, onClose }: { panel: Panel; subscription: SubscriptionView; onClose: () => void }) {
  const t = useT();
  const { money, day } = useFormats();
  const client = useQueryClient();
  const others = panel.plans.filter((p) => p.id !== subscription.plan.id && p.currency === subscription.plan.currency);
  const [planId, setPlanId] = useState<string | null>(others[0]?.id ?? null);
  const cost = useQuery({
    queryKey: ['billing', 'change', subscription.id, planId],
    queryFn: () =>
      api.post<{ changed: 'now' | 'at-period-end'; difference: string }>(`/billing/subscriptions/${subscription.id}/plan`, {
        planId,
        dryRun: true,
      }),
    enabled: planId !== null,
  });
  const change = useMutation({
    mutationFn: () => api.post(`/billing/subscriptions/${subscription.id}/plan`, { planId }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['billing'] });
      onClose();
    },
    onError: trouble,
  });
  return (
    <Dialog onClose={onClose} title={t('billing.changeTitle', { plan: subscription.plan.name })}>
      <div className={styles.statement}>
        <Select
          label={t('billing.plan')}
          data={others.map((p) => ({ value: p.id, label: `${p.name} · ${money(p.terms.price, p.currency)}` }))}
          value={planId}
          onChange={setPlanId}
        />
        {cost.data && (
          <p>
            {cost.data.changed === 'now'
              ? t('billing.changeNow', { amount: money(cost.data.difference, subscription.plan.currency) })
              : t('billing.changeLater', { day: day(subscription.periodEnd) })}
          </p>
        )}
        <Button loading={change.isPending} disabled={!planId} onClick={() => change.mutate()}>
          {t('billing.change')}
        </Button>
      </div>
    </Dialog>
  );
}

const billTones: Record<BillView['state'], Tone> = { open: 'wait', paid: 'good', cancelled: 'plain', refunded: 'info' };

/** Every bill with its documents and how it was paid: the list people look for when they ask "where is my invoice?". */
function Bills({ panel }: { panel: Panel }) {
  const t = useT();
  const { day, money } = useFormats();
  const { can } = useSession();
  const [state, setState] = useState<string>('all');
  const [q, setQ] = useState('');
  const client = useQueryClient();
  const bills = useQuery({
    queryKey: ['billing', 'bills', state, q],
    queryFn: () => api.get<{ items: BillView[] }>('/billing/bills', { state: state === 'all' ? undefined : state, q: q || undefined }),
  });
  const card = useMutation({
    mutationFn: (id: string) => api.post<{ url: string | null; checking: boolean }>(`/billing/bills/${id}/pay-by-card`, {}),
    onSuccess: (answer) => {
      if (answer.url) window.location.assign(answer.url);
      else toast({ text: t('billing.checking'), tone: 'plain' });
      return client.invalidateQueries({ queryKey: ['billing'] });
    },
    onError: trouble,
  });
  const [asking, setAsking] = useState<BillView>();
  const year = new Date().getFullYear();
  return (
    <Section
      title={t('billing.bills')}
      actions={
        <div className={styles.tools}>
          <SegmentedControl
            size="xs"
            aria-label={t('field.state')}
            value={state}
            onChange={setState}
            data={[
              { value: 'all', label: t('billing.all') },
              ...(['open', 'paid'] as const).map((value) => ({ value, label: t(`billing.billState.${value}`) })),
            ]}
          />
          <TextInput
            size="xs"
            aria-label={t('billing.search')}
            placeholder={t('billing.search')}
            value={q}
            onChange={(e) => setQ(e.target.value)}
          />
          <Button
            size="compact-md"
            variant="default"
            component="a"
            href={fileAddress('/billing/documents.zip', { from: `${year}-01-01`, until: `${year}-12-31` })}
            leftSection={<Icon name="download" size={16} />}
          >
            {t('billing.zip', { year: String(year) })}
          </Button>
        </div>
      }
      flush={(bills.data?.items.length ?? 0) > 0}
    >
      {bills.error ? (
        <Failed error={bills.error} retry={() => void bills.refetch()} />
      ) : !bills.data ? (
        <Lines />
      ) : bills.data.items.length === 0 ? (
        <Empty icon="document" title={t('billing.billsEmpty')} />
      ) : (
        <Table
          label={t('billing.bills')}
          rows={bills.data.items}
          id={(b) => b.id}
          columns={[
            {
              title: t('billing.what'),
              grow: true,
              cell: (b) => (
                <>
                  <strong>{b.plan}</strong> <span className="dim">{`${day(b.periodStart)} – ${day(b.periodEnd)}`}</span>
                  {b.transfer && (
                    <dl className={styles.transfer}>
                      <dt>{t('billing.account')}</dt>
                      <dd>{b.transfer.account}</dd>
                      <dt>{t('billing.title')}</dt>
                      <dd>
                        <strong>{b.transfer.title}</strong>
                      </dd>
                    </dl>
                  )}
                </>
              ),
            },
            { title: t('payments.amount'), end: true, cell: (b) => money(b.amount, b.currency) },
            {
              title: t('field.state'),
              cell: (b) => (
                <Chip tone={b.state === 'open' && b.dueDay < new Date().toISOString().slice(0, 10) ? 'bad' : billTones[b.state]}>
                  {t(`billing.billState.${b.state}`)}
                </Chip>
              ),
            },
            {
              title: t('billing.when'),
              cell: (b) => (b.paidAt ? t('billing.paidOn', { day: day(b.paidAt) }) : t('billing.dueOn', { day: day(b.dueDay) })),
            },
            {
              title: t('nav.documents'),
              cell: (b) => (
                <span className={styles.line}>
                  {b.documents.map((d) => (
                    <a
                      key={d.id}
                      href={fileAddress(`/billing/documents/${d.id}/pdf`)}
                      target="_blank"
                      rel="noreferrer"
                      aria-label={`${d.number} PDF`}
                    >
                      {d.number}
                    </a>
                  ))}
                </span>
              ),
            },
            {
              title: '',
              end: true,
              cell: (b) =>
                can('billing') && (
                  <span className={styles.line} style={{ justifyContent: 'flex-end' }}>
                    {b.state === 'open' && panel.cards && (
                      <Button
                        size="compact-sm"
                        variant="light"
                        loading={card.isPending && card.variables === b.id}
                        onClick={() => card.mutate(b.id)}
                      >
                        {t('billing.payCard')}
                      </Button>
                    )}
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      onClick={() => setAsking(b)}
                      aria-label={`${t('billing.report')}: ${b.plan} ${day(b.periodStart)}`}
                    >
                      {t('billing.report')}
                    </Button>
                  </span>
                ),
            },
          ]}
        />
      )}
      {asking && <Report panel={panel} bill={asking} onClose={() => setAsking(undefined)} />}
    </Section>
  );
}

/** Something is wrong with a document of a bill, or it is not there. */
function Report({ panel, bill, onClose }: { panel: Panel; bill: BillView; onClose: () => void }) {
  const t = useT();
  const [about, setAbout] = useState<string>(bill.documents.at(-1)?.id ?? 'missing');
  const [said, setSaid] = useState('');
  const missing = useMutation({
    mutationFn: () => api.post<{ outcome: string }>(`/billing/bills/${bill.id}/requests`, { said: said.trim() }),
  });
  const document = bill.documents.find((d) => d.id === about);
  return (
    <Dialog onClose={onClose} title={t('billing.reportTitle', { plan: bill.plan })} size="lg">
      <div className={styles.statement}>
        {bill.documents.length > 0 && (
          <Select
            label={t('billing.reportWhich')}
            allowDeselect={false}
            value={about}
            onChange={(value) => setAbout(value!)}
            data={[
              ...bill.documents.map((d) => ({ value: d.id, label: `${t(`kind.${d.kind as 'invoice'}`)} ${d.number}` })),
              { value: 'missing', label: t('billing.reportMissing') },
            ]}
          />
        )}
        {document ? (
          <AskForm
            key={document.id}
            to={`/billing/documents/${document.id}/requests`}
            kinds={kindsFor(document.kind)}
            buyer={panel.customer?.party ?? { taxIds: [] }}
          />
        ) : missing.data ? (
          <p role="status">{t(`buyer.outcome.${missing.data.outcome as 'task'}`)}</p>
        ) : (
          <form
            className={styles.statement}
            onSubmit={(event) => {
              event.preventDefault();
              missing.mutate();
            }}
          >
            <Textarea
              label={t('billing.reportWhat')}
              autosize
              minRows={3}
              maxLength={2000}
              required
              withAsterisk={false}
              value={said}
              onChange={(e) => setSaid(e.target.value)}
            />
            {missing.error && <Failed error={missing.error} />}
            <Button type="submit" loading={missing.isPending} style={{ alignSelf: 'flex-start' }}>
              {t('action.send')}
            </Button>
          </form>
        )}
      </div>
    </Dialog>
  );
}

function Addresses({ panel }: { panel: Panel }) {
  const t = useT();
  const { can } = useSession();
  const client = useQueryClient();
  const customer = panel.customer!;
  const [proformaEmail, setProforma] = useState(customer.proformaEmail);
  const [invoiceEmail, setInvoice] = useState(customer.invoiceEmail);
  const save = useMutation({
    mutationFn: () => api.patch('/billing/customer', { proformaEmail, invoiceEmail }),
    onSuccess: () => {
      toast({ text: t('common.saved'), tone: 'good' });
      return client.invalidateQueries({ queryKey: ['billing'] });
    },
    onError: trouble,
  });
  return (
    <Section title={t('billing.addresses')} about={t('billing.addressesAbout')}>
      <form
        className={styles.chooser}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextInput
          type="email"
          required
          withAsterisk={false}
          label={t('billing.proformaEmail')}
          value={proformaEmail}
          onChange={(e) => setProforma(e.target.value)}
          style={{ flex: '1 1 220px' }}
          disabled={!can('billing')}
        />
        <TextInput
          type="email"
          required
          withAsterisk={false}
          label={t('billing.invoiceEmail')}
          value={invoiceEmail}
          onChange={(e) => setInvoice(e.target.value)}
          style={{ flex: '1 1 220px' }}
          disabled={!can('billing')}
        />
        {can('billing') && (
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
        )}
      </form>
    </Section>
  );
}

function Order({ panel, plan, onClose }: { panel: Panel; plan: PlanView; onClose: () => void }) {
  const t = useT();
  const { money } = useFormats();
  const { me } = useSession();
  const client = useQueryClient();
  const [payBy, setPayBy] = useState<'transfer' | 'card'>('transfer');
  const [proformaEmail, setProforma] = useState(panel.customer?.proformaEmail || me.user.email);
  const [invoiceEmail, setInvoice] = useState(panel.customer?.invoiceEmail || me.user.email);
  const [connectionId, setConnection] = useState<string | null>(null);
  const [again, setAgain] = useState(false);
  const connections = useQuery({ queryKey: ['connections'], queryFn: () => api.get<{ items: Connection[] }>('/connections') });
  const fitting =
    connections.data?.items.filter(
      (c) => c.status !== 'removed' && (plan.connector ? c.connector === plan.connector : c.connector !== 'smtp'),
    ) ?? [];
  const running = panel.subscriptions.some((s) => s.plan.id === plan.id && !['cancelled', 'expired'].includes(s.state));
  const order = useMutation({
    mutationFn: () =>
      api.post<{ checkoutUrl: string | null; proforma: { number: string } | null }>('/billing/subscriptions', {
        planId: plan.id,
        payBy,
        again,
        connectionId: connectionId ?? undefined,
        customer: { proformaEmail, invoiceEmail },
      }),
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ['billing'] });
      if (answer.checkoutUrl) window.location.assign(answer.checkoutUrl);
      else if (payBy === 'card') toast({ text: t('billing.checking'), tone: 'plain' });
      else
        toast({
          text: answer.proforma ? t('billing.ordered', { number: answer.proforma.number, email: proformaEmail }) : t('billing.orderedFree'),
          tone: 'good',
        });
      onClose();
    },
    onError: trouble,
  });
  return (
    <Dialog onClose={onClose} title={t('billing.orderTitle', { plan: plan.name })}>
      <form
        className={styles.statement}
        onSubmit={(event) => {
          event.preventDefault();
          order.mutate();
        }}
      >
        <div className={styles.price}>{money(plan.terms.price, plan.currency)}</div>
        {panel.cards && (
          <SegmentedControl
            aria-label={t('billing.payment')}
            value={payBy}
            onChange={(value) => setPayBy(value as 'card')}
            data={[
              { value: 'transfer', label: t('billing.payBy.transfer') },
              { value: 'card', label: t('billing.payBy.card') },
            ]}
          />
        )}
        {fitting.length > 0 && (
          <Select
            clearable
            label={t('billing.forConnection')}
            data={fitting.map((c) => ({ value: c.id, label: c.name }))}
            value={connectionId}
            onChange={setConnection}
          />
        )}
        {payBy === 'transfer' && (
          <TextInput
            type="email"
            required
            withAsterisk={false}
            label={t('billing.proformaEmail')}
            value={proformaEmail}
            onChange={(e) => setProforma(e.target.value)}
          />
        )}
        <TextInput
          type="email"
          required
          withAsterisk={false}
          label={t('billing.invoiceEmail')}
          value={invoiceEmail}
          onChange={(e) => setInvoice(e.target.value)}
        />
        {running && <Checkbox label={t('billing.again')} checked={again} onChange={(e) => setAgain(e.currentTarget.checked)} />}
        <p className="dim">{payBy === 'transfer' ? t('billing.howTransfer') : t('billing.howCard')}</p>
        <Button type="submit" loading={order.isPending}>
          {t('billing.orderGo')}
        </Button>
      </form>
    </Dialog>
  );
}
