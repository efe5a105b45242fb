import { BarChart } from '@mantine/charts';
import '@mantine/charts/styles.layer.css';
import { Button, NumberInput, Select, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { BillingOverview, PlanView } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { AskingButton } from '../ui/asking-button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Facts, Failed, Lines, Section } from '../ui/page.tsx';
import { Chip } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import { priceOf } from '../ui/typed.ts';
import { canBeMended, Double, Included } from './billing.tsx';
import styles from './payments.module.css';

const trouble = (error: Error) => toast({ error });

/** The operator's business: billing facts of its customers, never their own documents. */
export default function Operator() {
  const t = useT();
  const { money, day, number } = useFormats();
  const words = useFindingWords();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['billing', 'overview'],
    queryFn: () => api.get<BillingOverview>('/billing/overview'),
  });
  const standing = useMutation({
    mutationFn: ({ id, to }: { id: string; to: 'notice' | 'suspended' | 'good' }) =>
      api.post(`/billing/customers/${id}/standing`, { standing: to }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['billing'] }),
    onError: trouble,
  });
  const end = useMutation({
    mutationFn: (id: string) => api.post(`/billing/mandates/${id}/end`, {}),
    onSuccess: () => client.invalidateQueries({ queryKey: ['billing'] }),
    onError: trouble,
  });
  const currency = data?.months[0]?.currency ?? data?.monthly[0]?.currency ?? 'EUR';
  const months = useMemo(
    () =>
      data?.months
        .filter((m) => m.currency === currency)
        .map((m) => ({ month: m.month, paid: Number(m.paid), refunded: Number(m.refunded) })) ?? [],
    [data, currency],
  );
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines />;
  const none = t('billing.nothing');
  return (
    <>
      {data.doubles.filter(canBeMended).map((d) => (
        <Double key={d.id} double={d} customer={data.customers.find((c) => c.id === d.customerId)?.name} />
      ))}
      <Section title={t('billing.figures')}>
        <Facts
          items={[
            [t('billing.monthly'), data.monthly.map((m) => money(m.amount, m.currency)).join(' · ') || none],
            [t('billing.overdue'), data.overdue.map((o) => `${money(o.amount, o.currency)} (${number(o.bills)})`).join(' · ') || none],
            [
              t('billing.running'),
              number((['active', 'trial', 'past_due'] as const).reduce((n, state) => n + (data.subscriptions[state] ?? 0), 0)),
            ],
            [t('billing.failures'), number(data.failures.reduce((n, f) => n + f.count, 0))],
          ]}
        />
        {months.length > 0 && (
          <div
            role="img"
            aria-label={`${t('billing.revenue')}: ${months.map((m) => `${m.month} ${money(m.paid.toFixed(2), currency)}`).join('; ')}`}
          >
            <BarChart
              h={220}
              data={months}
              dataKey="month"
              type="stacked"
              series={[
                { name: 'paid', color: 'pine.6', label: t('billing.billState.paid') },
                { name: 'refunded', color: 'red.5', label: t('billing.billState.refunded') },
              ]}
              valueFormatter={(value) => money(value.toFixed(2), currency)}
              withLegend
              tickLine="none"
              gridAxis="x"
              barProps={{ isAnimationActive: false }}
              maxBarWidth={40}
              yAxisProps={{ width: 90 }}
            />
          </div>
        )}
        {data.failures.length > 0 && (
          <ul>
            {data.failures.slice(-5).map((f) => (
              <li key={`${f.day}${f.code}`}>{`${day(f.day)}: ${words({ code: f.code }).text} (${number(f.count)})`}</li>
            ))}
          </ul>
        )}
        {data.orphans.length > 0 && (
          <>
            <p>{t('billing.orphans', { count: data.orphans.length })}</p>
            <ul className={styles.list}>
              {data.orphans.map((o) => (
                <li key={o.id} className={styles.line}>
                  <strong>{o.label ?? t('billing.card')}</strong>
                  <span className="dim">{t('billing.since', { day: day(o.since) })}</span>
                  <AskingButton
                    loading={end.isPending && end.variables === o.id}
                    question={t('billing.switchOffAsk', { label: o.label ?? t('billing.card') })}
                    about={t('billing.orphanOffAbout')}
                    onYes={() => end.mutate(o.id)}
                    aria-label={`${t('billing.switchOff')}: ${o.label ?? ''} ${day(o.since)}`}
                  >
                    {t('billing.switchOff')}
                  </AskingButton>
                </li>
              ))}
            </ul>
          </>
        )}
      </Section>
      <Section title={t('billing.customers')} flush={data.customers.length > 0}>
        {data.customers.length === 0 ? (
          <Empty icon="people" title={t('billing.customersEmpty')} />
        ) : (
          <Table
            label={t('billing.customers')}
            rows={data.customers}
            id={(c) => c.id}
            columns={[
              { title: t('field.name'), grow: true, cell: (c) => <strong>{c.name}</strong> },
              { title: t('billing.running'), end: true, cell: (c) => number(c.subscriptions) },
              { title: t('billing.overdue'), end: true, cell: (c) => c.overdue.map((o) => money(o.amount, o.currency)).join(' · ') || '–' },
              {
                title: t('field.paid'),
                end: true,
                cell: (c) => c.paid.map((o) => money(o.amount, o.currency)).join(' · ') || '–',
              },
              {
                title: t('field.state'),
                cell: (c) => (
                  <Chip tone={c.standing === 'good' ? 'good' : c.standing === 'notice' ? 'wait' : 'bad'}>
                    {t(`billing.standing.${c.standing}`)}
                  </Chip>
                ),
              },
              {
                title: '',
                end: true,
                cell: (c) => (
                  <span className={styles.line} style={{ justifyContent: 'flex-end' }}>
                    {c.standing === 'good' && c.overdue.length > 0 && (
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        onClick={() => standing.mutate({ id: c.id, to: 'notice' })}
                        aria-label={`${t('billing.giveNotice')}: ${c.name}`}
                      >
                        {t('billing.giveNotice')}
                      </Button>
                    )}
                    {c.standing === 'notice' && (
                      <AskingButton
                        question={t('billing.suspendAsk', { name: c.name })}
                        about={t('billing.suspendAbout')}
                        onYes={() => standing.mutate({ id: c.id, to: 'suspended' })}
                        aria-label={`${t('billing.suspend')}: ${c.name}`}
                      >
                        {t('billing.suspend')}
                      </AskingButton>
                    )}
                    {c.standing !== 'good' && (
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        onClick={() => standing.mutate({ id: c.id, to: 'good' })}
                        aria-label={`${t('billing.resume')}: ${c.name}`}
                      >
                        {t('billing.resume')}
                      </Button>
                    )}
                  </span>
                ),
              },
            ]}
          />
        )}
      </Section>
      <Plans currency={currency} />
    </>
  );
}

function Plans({ currency }: { currency: string }) {
  const t = useT();
  const { money } = useFormats();
  const [editing, setEditing] = useState<PlanView | 'new'>();
  const { data, error, refetch } = useQuery({
    queryKey: ['billing', 'plans'],
    queryFn: () => api.get<{ items: PlanView[] }>('/billing/plans'),
  });
  return (
    <Section
      title={t('billing.plans')}
      flush={(data?.items.length ?? 0) > 0}
      actions={
        <Button size="compact-md" onClick={() => setEditing('new')}>
          {t('billing.newPlan')}
        </Button>
      }
    >
      {isLost(error, data) ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Lines />
      ) : data.items.length === 0 ? (
        <Empty icon="percent" title={t('billing.plansEmpty')} />
      ) : (
        <Table
          label={t('billing.plans')}
          rows={data.items}
          id={(p) => p.id}
          onOpen={setEditing}
          columns={[
            { title: t('field.name'), grow: true, cell: (p) => <strong>{p.name}</strong> },
            { title: t('billing.price'), end: true, cell: (p) => money(p.terms.price, p.currency) },
            { title: t('billing.per'), cell: (p) => t(`billing.interval.${p.terms.interval}`) },
            {
              title: t('field.state'),
              cell: (p) => <Chip tone={p.active ? 'good' : 'plain'}>{p.active ? t('webhooks.on') : t('webhooks.off')}</Chip>,
            },
            {
              title: '',
              end: true,
              cell: (p) => (
                <Button size="compact-sm" variant="default" onClick={() => setEditing(p)} aria-label={`${t('action.edit')}: ${p.name}`}>
                  {t('action.edit')}
                </Button>
              ),
            },
          ]}
        />
      )}
      {editing && <PlanForm plan={editing === 'new' ? undefined : editing} currency={currency} onClose={() => setEditing(undefined)} />}
    </Section>
  );
}

function PlanForm({ plan, currency, onClose }: { plan?: PlanView; currency: string; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const [name, setName] = useState(plan?.name ?? '');
  const [about, setAbout] = useState(plan?.about ?? '');
  const [price, setPrice] = useState<string | number>(plan?.terms.price ?? '49.00');
  const [perDocument, setPerDocument] = useState<string | number>(plan?.terms.tiers[0]?.price ?? '');
  const [included, setIncluded] = useState<string | number>(plan?.terms.included ?? 0);
  const [trialDays, setTrial] = useState<string | number>(plan?.terms.trialDays ?? 0);
  const [interval, setInterval] = useState<'month' | 'year'>(plan?.terms.interval ?? 'month');
  const [active, setActive] = useState(plan?.active ?? true);
  // Prices that fall with the number are made by the API, and only shown here.
  const tiered = plan !== undefined && plan.terms.tiers.length > 1;
  const save = useMutation({
    mutationFn: () => {
      const tiers = tiered ? plan.terms.tiers : perDocument === '' ? [] : [{ price: priceOf(perDocument) }];
      const body = {
        name,
        about,
        connector: plan?.connector ?? null,
        currency: plan?.currency ?? currency,
        active,
        terms: {
          ...plan?.terms,
          interval,
          price: priceOf(price),
          included: Number(included),
          trialDays: Number(trialDays),
          tiers,
        },
      };
      return plan ? api.put(`/billing/plans/${plan.id}`, body) : api.post('/billing/plans', body);
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['billing'] });
      onClose();
    },
    onError: trouble,
  });
  return (
    <Dialog onClose={onClose} title={plan ? plan.name : t('billing.newPlan')}>
      <form
        className={styles.statement}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextInput label={t('field.name')} required withAsterisk={false} value={name} onChange={(e) => setName(e.target.value)} />
        <Textarea label={t('billing.planAbout')} autosize maxLength={500} value={about} onChange={(e) => setAbout(e.target.value)} />
        <NumberInput
          label={`${t('billing.price')} (${plan?.currency ?? currency})`}
          required
          withAsterisk={false}
          min={0}
          decimalScale={2}
          fixedDecimalScale
          value={price}
          onChange={setPrice}
        />
        <Select
          label={t('billing.per')}
          allowDeselect={false}
          value={interval}
          onChange={(v) => setInterval(v as 'month')}
          data={(['month', 'year'] as const).map((value) => ({ value, label: t(`billing.interval.${value}`) }))}
        />
        {tiered ? (
          <Included plan={plan} />
        ) : (
          <NumberInput label={t('billing.perDocument')} min={0} decimalScale={4} value={perDocument} onChange={setPerDocument} />
        )}
        <NumberInput label={t('billing.includedDocuments')} min={0} value={included} onChange={setIncluded} />
        <NumberInput label={t('billing.trialDays')} min={0} max={365} value={trialDays} onChange={setTrial} />
        {plan && (
          <Select
            label={t('field.state')}
            allowDeselect={false}
            value={active ? 'on' : 'off'}
            onChange={(v) => setActive(v === 'on')}
            data={[
              { value: 'on', label: t('webhooks.on') },
              { value: 'off', label: t('webhooks.off') },
            ]}
          />
        )}
        <Button type="submit" loading={save.isPending} disabled={!name.trim()}>
          {t('common.save')}
        </Button>
      </form>
    </Dialog>
  );
}
