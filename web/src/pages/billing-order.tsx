import { Button, Checkbox, SegmentedControl, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Connection, Panel, PlanView, SubscriptionView } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Failed } from '../ui/page.tsx';
import { EmailFields, type Emails } from './billing-emails.tsx';
import styles from './payments.module.css';

const trouble = (error: Error) => toast({ error });

/** A plan is ordered. */
export function Order({ panel, plan, onClose }: { panel: Panel; plan: PlanView; onClose: () => void }) {
  const t = useT();
  const { money } = useFormats();
  const { me } = useSession();
  const client = useQueryClient();
  const [payBy, setPayBy] = useState<'transfer' | 'card'>('transfer');
  const [emails, setEmails] = useState<Emails>({
    proformaEmail: panel.customer?.proformaEmail || me.user.email,
    invoiceEmail: panel.customer?.invoiceEmail || me.user.email,
  });
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
        customer: emails,
      }),
    onSuccess: async (answer) => {
      await client.invalidateQueries({ queryKey: ['billing'] });
      if (answer.checkoutUrl) window.location.assign(answer.checkoutUrl);
      else if (payBy === 'card') toast({ text: t('billing.checking'), tone: 'plain' });
      else
        toast({
          text: answer.proforma
            ? t('billing.ordered', { number: answer.proforma.number, email: emails.proformaEmail })
            : t('billing.orderedFree'),
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
        <EmailFields value={emails} onChange={setEmails} which={payBy === 'transfer' ? undefined : ['invoiceEmail']} />
        {running && <Checkbox label={t('billing.again')} checked={again} onChange={(e) => setAgain(e.currentTarget.checked)} />}
        <p className="dim">{payBy === 'transfer' ? t('billing.howTransfer') : t('billing.howCard')}</p>
        <Button type="submit" loading={order.isPending}>
          {t('billing.orderGo')}
        </Button>
      </form>
    </Dialog>
  );
}

/** Another plan for what runs: what it costs is shown before it is done. */
export function ChangePlan({ panel, subscription, onClose }: { panel: Panel; subscription: SubscriptionView; onClose: () => void }) {
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
        {cost.error && <Failed error={cost.error} />}
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
