import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link } from 'react-router';
import type { OrderDetail } from '../../../../src/api/schemas/index.ts';
import type { Administrants, ReceivablesPage } from '../../../../src/api/schemas/receivables.ts';
import { api } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { lazy, onItsWay } from '../../lazy.ts';
import { useSession } from '../../session.tsx';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { Section } from '../../ui/page.tsx';
import styles from './receivable.module.css';
import { ClaimChip } from './state.tsx';

const OpenDialog = lazy(() => import('./open-dialog.tsx'));

/** The claims of an order at financing providers; nothing where none is connected. */
export function ClaimsOfOrder({ order }: { order: OrderDetail }) {
  const t = useT();
  const { money } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const providers = useQuery({
    queryKey: ['receivables', 'providers'],
    queryFn: () => api.get<Administrants>('/receivables/providers'),
    staleTime: 60_000,
  });
  const some = (providers.data?.items.length ?? 0) > 0;
  const claims = useQuery({
    queryKey: ['receivables', { orderId: order.id }],
    queryFn: () => api.get<ReceivablesPage>('/receivables', { orderId: order.id }),
    enabled: some,
  });
  const ship = useMutation({
    mutationFn: () => api.post(`/orders/${order.id}/shipments`, { externalId: `screen-${crypto.randomUUID().slice(0, 8)}` }),
    onSuccess: () => {
      toast({ text: t('receivable.shipped'), tone: 'good' });
      return client.invalidateQueries({ predicate: (q) => ['receivables', 'receivable', 'order'].includes(String(q.queryKey[0])) });
    },
    onError: (e) => toast({ error: e }),
  });
  if (!some || !claims.data) return null;
  const live = claims.data.items.some((c) => c.state !== 'rejected' && c.state !== 'cancelled');
  return (
    <Section title={t('receivable.financing')}>
      {claims.data.items.length === 0 ? (
        <span className="dim">{t('receivable.noneForOrder')}</span>
      ) : (
        <ul className={styles.claims}>
          {claims.data.items.map((claim) => (
            <li key={claim.id}>
              <Link to={`/receivables/${claim.id}`}>{claim.numbers.join(', ') || claim.connectionName}</Link>
              <ClaimChip state={claim.state} />
              <span className={styles.closedSum}>{money(claim.sums.ordered, claim.currency)}</span>
            </li>
          ))}
        </ul>
      )}
      {can('send') && (
        <div className={styles.buttons}>
          {!live && order.status !== 'cancelled' && (
            <Button variant="light" size="sm" onClick={() => setOpen(true)}>
              {t('receivable.openTitle')}
            </Button>
          )}
          {live && can('edit') && (
            <Button variant="default" size="sm" onClick={() => ship.mutate()} loading={ship.isPending}>
              {t('receivable.ship')}
            </Button>
          )}
        </div>
      )}
      <Suspense fallback={onItsWay}>
        {open && (
          <OpenDialog orderId={order.id} currency={order.currency} providers={providers.data!.items} onClose={() => setOpen(false)} />
        )}
      </Suspense>
    </Section>
  );
}
