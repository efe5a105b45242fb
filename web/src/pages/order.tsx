import { Code } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import type { OrderDetail } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { Findings } from '../ui/findings.tsx';
import { isLost } from '../ui/lost.ts';
import { Facts, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import { Timeline } from '../ui/timeline.tsx';
import styles from './document.module.css';
import { OrderChip } from './orders.tsx';
import { ClaimsOfOrder } from './receivable/of-order.tsx';

/** What the channel said, as we understood it, as it came, and what became of it. */
export default function OrderPage() {
  const { id = '' } = useParams();
  const t = useT();
  const { money, time, country, number } = useFormats();
  const { data: order, error, refetch } = useQuery({ queryKey: ['order', id], queryFn: () => api.get<OrderDetail>(`/orders/${id}`) });
  if (isLost(error, order))
    return (
      <Page title={t('nav.orders')} help="orders" wide>
        <Failed error={error} retry={() => void refetch()} />
      </Page>
    );
  if (!order)
    return (
      <Page title={t('nav.orders')} help="orders" wide>
        <Lines count={10} height={18} />
      </Page>
    );
  const { content } = order;
  const address = (p: { street?: string; street2?: string; postalCode?: string; city?: string; country?: string } | undefined) =>
    p && [p.street, p.street2, [p.postalCode, p.city].filter(Boolean).join(' '), country(p.country)].filter(Boolean).join(', ');
  const party = content.invoiceRequest.party;
  return (
    <Page
      title={order.number ?? order.externalId}
      help="orders"
      wide
      about={
        <span className={styles.about}>
          <OrderChip status={order.status} /> {order.channel} · {time(order.orderedAt)}
        </span>
      }
      back={{ to: '/orders', label: t('nav.orders') }}
    >
      <div className={styles.grid}>
        <div className={styles.side}>
          <Findings items={content.findings} />
          <Section title={t('field.lines')} flush>
            <Table
              label={t('field.lines')}
              rows={content.lines}
              id={(l) => l.id}
              columns={[
                { title: t('field.what'), cell: (l) => l.name, grow: true },
                { title: t('field.sku'), cell: (l) => <span className="dim">{l.sku ?? l.offerId}</span> },
                { title: t('field.quantity'), end: true, cell: (l) => number(l.quantity) },
                { title: t('field.price'), end: true, cell: (l) => money(l.unitGross, order.currency) },
                { title: t('field.gross'), end: true, cell: (l) => money(l.gross, order.currency) },
              ]}
            />
          </Section>
          <Section title={t('orders.money')}>
            <Facts
              items={[
                [t('field.gross'), <strong key="t">{money(order.total, order.currency)}</strong>],
                [t('orders.declared'), content.declaredTotal && money(content.declaredTotal, order.currency)],
                [
                  t('orders.delivery'),
                  content.delivery.gross && `${money(content.delivery.gross, order.currency)} · ${content.delivery.method ?? ''}`,
                ],
                [
                  t('field.payment'),
                  content.payments
                    .map(
                      (p) =>
                        `${t(`means.${p.method === 'gift_card' ? 'voucher' : p.method}`)} ${p.amount ? money(p.amount, order.currency) : ''}`,
                    )
                    .join(', '),
                ],
                [t('event.paid'), time(order.paidAt)],
              ]}
            />
          </Section>
          <Section title={t('field.buyer')}>
            <Facts
              items={[
                [t('field.name'), content.buyer.name ?? [content.buyer.firstName, content.buyer.lastName].filter(Boolean).join(' ')],
                [t('orders.login'), content.buyer.login],
                [t('field.email'), content.buyer.email],
                [t('field.address'), address(content.buyer)],
                [
                  t('orders.invoiceFor'),
                  party &&
                    [party.company ?? party.name, party.taxIds.map((x) => x.value).join(', '), address(party)].filter(Boolean).join(', '),
                ],
                [t('orders.wish'), content.invoiceRequest.requested ? t('common.yes') : t('common.no')],
                [t('orders.message'), content.messages.buyer],
              ]}
            />
          </Section>
          {order.raw && (
            <Section title={t('orders.raw')}>
              <details>
                <summary style={{ cursor: 'pointer' }}>{t('orders.rawShow')}</summary>
                <Code block mt="sm" style={{ maxHeight: 420, overflow: 'auto' }} tabIndex={0}>
                  {order.raw}
                </Code>
              </details>
            </Section>
          )}
        </div>
        <div className={styles.side}>
          <Section title={t('nav.documents')}>
            {order.documents.length === 0 ? (
              <span className="dim">{t(`suggestionWhy.${order.suggestion as 'WAIT'}`)}</span>
            ) : (
              <ul className={styles.plain}>
                {order.documents.map((d) => (
                  <li key={d.id}>
                    <Link to={d.state === 'to_issue' ? `/to-issue?open=${d.id}` : `/documents/${d.id}`}>
                      {d.number ?? t(`kind.${d.kind}`)}
                    </Link>
                    <span className="dim">{t(`state.${d.state as 'issued'}`)}</span>
                  </li>
                ))}
              </ul>
            )}
          </Section>
          <ClaimsOfOrder order={order} />
          <Section title={t('document.timeline')}>
            <Timeline entries={order.timeline} />
          </Section>
        </div>
      </div>
    </Page>
  );
}
