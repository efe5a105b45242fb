import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import type { DoubleCharge, Panel, PlanView, SubscriptionView } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { lazy } from '../lazy.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { AskingButton } from '../ui/asking-button.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip, type Tone } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import { Bills } from './billing-bills.tsx';
import { EmailFields, type Emails } from './billing-emails.tsx';
import { ChangePlan, Order } from './billing-order.tsx';
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
      {isLost(panel.error, panel.data) ? (
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

export function Included({ plan }: { plan: PlanView }) {
  const t = useT();
  const { price, number } = useFormats();
  const { included, tiers } = plan.terms;
  if (tiers.length === 0) return null;
  return (
    <span className="dim">
      {included > 0 ? `${t('billing.included', { count: included })} · ` : ''}
      {tiers
        .map((tier) =>
          tier.upTo
            ? t('billing.tierUpTo', { n: number(tier.upTo), price: price(tier.price, plan.currency) })
            : t('billing.tier', { price: price(tier.price, plan.currency) }),
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
  const title = [customer, t('billing.doubleTitle', { plan: d.plan })].filter(Boolean).join(' · ');
  const remedy = [
    d.refund && t('billing.doubleRefund', { amount: money(d.refund.amount, d.refund.currency) }),
    d.endsMandate !== null && t('billing.doubleMandate', { label: d.endsMandate || t('billing.card') }),
  ]
    .filter(Boolean)
    .join(' ');
  return (
    <div className={styles.warn} role="alert">
      <div>
        <strong>{title}</strong>
        <p>
          {t('billing.doubleText', {
            first: [facts.firstLabel, day(facts.firstSince)].filter(Boolean).join(', '),
            second: [facts.secondLabel, day(facts.secondSince)].filter(Boolean).join(', '),
          })}
        </p>
        <p className="dim">{remedy}</p>
      </div>
      <div className={styles.line}>
        <AskingButton
          size="sm"
          variant="filled"
          loading={settle.isPending}
          question={title}
          about={remedy}
          onYes={() => settle.mutate('mend')}
        >
          {t('billing.mend')}
        </AskingButton>
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
  const hasOther = (s: SubscriptionView) => panel.plans.some((p) => p.id !== s.plan.id && p.currency === s.plan.currency);
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
          // Nothing is paid yet of what waits for its first payment.
          { title: t('billing.until'), cell: (s) => (s.state === 'pending' ? '–' : day(s.periodEnd)) },
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
                    <AskingButton
                      loading={off.isPending && off.variables === card.id}
                      question={t('billing.switchOffAsk', { label: card.label ?? t('billing.card') })}
                      about={t('billing.switchOffAbout')}
                      onYes={() => off.mutate(card.id)}
                      aria-label={`${t('billing.switchOff')}: ${card.label ?? t('billing.card')}`}
                    >
                      {t('billing.switchOff')}
                    </AskingButton>
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
                  {(s.state === 'active' || s.state === 'trial') && hasOther(s) && (
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      onClick={() => setChanging(s)}
                      aria-label={`${t('billing.change')}: ${s.plan.name}`}
                    >
                      {t('billing.change')}
                    </Button>
                  )}
                  {!s.cancelOn && (
                    <AskingButton
                      loading={end.isPending && end.variables === s.id}
                      question={t('billing.endAsk', { plan: s.plan.name })}
                      about={s.state === 'pending' ? t('billing.endNow') : t('billing.endAbout', { day: day(s.periodEnd) })}
                      onYes={() => end.mutate(s.id)}
                      aria-label={`${t('billing.end')}: ${s.plan.name}`}
                    >
                      {t('billing.end')}
                    </AskingButton>
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

function Addresses({ panel }: { panel: Panel }) {
  const t = useT();
  const { can } = useSession();
  const client = useQueryClient();
  const customer = panel.customer!;
  const [emails, setEmails] = useState<Emails>({ proformaEmail: customer.proformaEmail, invoiceEmail: customer.invoiceEmail });
  const save = useMutation({
    mutationFn: () => api.patch('/billing/customer', emails),
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
        <EmailFields value={emails} onChange={setEmails} grow disabled={!can('billing')} />
        {can('billing') && (
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
        )}
      </form>
    </Section>
  );
}
