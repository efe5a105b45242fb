import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from 'react-router';
import type { DocumentRow, Page as PageOf, Party } from '../../../src/api/schemas/index.ts';
import { api, queryString } from '../api.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Facts, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { StateChip, WayChip } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';
import styles from './document.module.css';

const shownDocuments = 50;

/** One buyer: how to reach him, what he bought, and every document of his, the newest first. */
export default function PartyPage() {
  const { id = '' } = useParams();
  const t = useT();
  const { money, day, number, time, country } = useFormats();
  const navigate = useNavigate();
  const party = useQuery({ queryKey: ['parties', id], queryFn: () => api.get<Party>(`/parties/${id}`) });
  const of = party.data && { states: 'issued,submitted,to_issue,refused', party: party.data.id };
  const documents = useQuery({
    queryKey: ['documents', of],
    queryFn: () => api.get<PageOf<DocumentRow>>('/documents', { ...of, limit: shownDocuments }),
    enabled: of !== undefined,
  });
  const error = party.error ?? documents.error;
  const { data } = party;
  const lost = isLost(error, data && documents.data);
  if (lost || !data)
    return (
      <Page title={t('nav.buyers')} help="buyers" wide>
        {lost ? (
          <Failed
            error={error}
            retry={() => {
              void party.refetch();
              void documents.refetch();
            }}
          />
        ) : (
          <Lines count={10} height={18} />
        )}
      </Page>
    );
  const { address } = data;
  const open = (row: DocumentRow) => (row.state === 'to_issue' ? `/to-issue?open=${row.id}` : `/documents/${row.id}`);
  return (
    <Page
      title={data.name || '—'}
      help="buyers"
      wide
      back={{ to: '/buyers', label: t('nav.buyers') }}
      actions={
        <Button variant="default" component={Link} to={`/documents${queryString(of)}`} leftSection={<Icon name="document" size={16} />}>
          {t('nav.documents')}
        </Button>
      }
    >
      <div className={styles.beside}>
        <Section title={t('nav.documents')} flush>
          <Table
            label={t('nav.documents')}
            rows={documents.data?.items}
            id={(r) => r.id}
            onOpen={(r) => void navigate(open(r))}
            columns={[
              {
                title: t('field.number'),
                cell: (r) => (
                  <>
                    <Link to={open(r)}>{r.number ?? t(`kind.${r.kind}`)}</Link>{' '}
                    {r.number && <span className="dim">{t(`kind.${r.kind}`)}</span>}
                  </>
                ),
                grow: true,
              },
              { title: t('field.state'), cell: (r) => <StateChip document={r} /> },
              { title: t('field.issueDate'), cell: (r) => day(r.issueDate) },
              {
                title: t('field.order'),
                cell: (r) => r.orderId && <Link to={`/orders/${r.orderId}`}>{r.orderNumber ?? '→'}</Link>,
              },
              { title: t('field.mail'), cell: (r) => r.mailStatus && <WayChip status={r.mailStatus} /> },
              { title: t('field.gross'), end: true, cell: (r) => money(r.gross, r.currency) },
            ]}
          />
        </Section>
        <div className={styles.side}>
          <Section>
            <Facts
              items={[
                [
                  t('buyers.turnover'),
                  data.turnover.length > 0 ? (
                    <strong key="t">{data.turnover.map((m) => money(m.gross, m.currency)).join(' · ')}</strong>
                  ) : undefined,
                ],
                [t('nav.documents'), number(data.documents)],
                [t('buyers.last'), time(data.lastIssuedAt)],
              ]}
            />
          </Section>
          <Section title={t('field.buyer')}>
            <Facts
              items={[
                [t('field.taxId'), data.taxId],
                [t('field.email'), address.email ?? data.email],
                [t('field.phone'), address.phone],
                [
                  t('field.address'),
                  [address.street, address.street2, [address.postalCode, address.city].filter(Boolean).join(' '), country(data.country)]
                    .filter(Boolean)
                    .join(', '),
                ],
              ]}
            />
          </Section>
        </div>
      </div>
    </Page>
  );
}
