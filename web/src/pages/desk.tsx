import { Button, SegmentedControl } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'react-router';
import type { Desk, DeskItem } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip } from '../ui/status.tsx';
import { useFilter } from '../ui/use-documents.ts';
import styles from './desk.module.css';

const trouble = (error: Error) => toast({ error });

/** What buyers and customers asked about a document: tasks to answer, corrections to check, and what was done or refused by itself. */
export default function DeskPage() {
  const t = useT();
  const { filter, change } = useFilter(['state']);
  const all = filter.state === 'all';
  const { data, error, refetch } = useQuery({ queryKey: ['desk'], queryFn: () => api.get<Desk>('/desk') });
  const waiting = data?.items.filter((r) => r.waiting);
  const items = all ? data?.items : waiting;
  return (
    <Page title={t('nav.desk')} help="desk" about={t('desk.about')} wide>
      <Section
        title={t('desk.list')}
        actions={
          <SegmentedControl
            size="xs"
            aria-label={t('field.state')}
            value={all ? 'all' : 'waiting'}
            onChange={(value) => change({ state: value === 'all' ? 'all' : undefined })}
            data={[
              { value: 'waiting', label: `${t('desk.waiting')}${waiting?.length ? ` (${waiting.length})` : ''}` },
              { value: 'all', label: t('billing.all') },
            ]}
          />
        }
      >
        {isLost(error, data) ? (
          <Failed error={error} retry={() => void refetch()} />
        ) : !items ? (
          <Lines />
        ) : items.length === 0 ? (
          <Empty icon="complete" title={all ? t('desk.none') : t('desk.empty')}>
            {t('desk.emptyText')}
          </Empty>
        ) : (
          <ul className={styles.list}>
            {items.map((r) => (
              <Item key={r.id} request={r} />
            ))}
          </ul>
        )}
      </Section>
    </Page>
  );
}

function Item({ request: r }: { request: DeskItem }) {
  const t = useT();
  const { ago } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const close = useMutation({
    mutationFn: () => api.post(`/desk/${r.id}/close`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['desk'] }),
    onError: trouble,
  });
  const title = r.outcome === 'disputed' || r.outcome === 'missing' ? t(`desk.title.${r.outcome}`) : t(`desk.kind.${r.kind}`);
  const by = r.by === 'buyer' ? t('desk.by.buyer') : r.by.startsWith('customer:') ? t('desk.by.customer') : t('desk.by.product');
  const drafted = r.made?.state === 'to_issue';
  return (
    <li className={styles.item}>
      <div className={styles.said}>
        <div className={styles.meta}>
          <strong>{title}</strong>
          {r.documentId && r.number && <Link to={`/documents/${r.documentId}`}>{r.number}</Link>}
          {r.buyerName && <span>{r.buyerName}</span>}
        </div>
        {r.said && <p>{r.said}</p>}
        {r.party && (
          <p className="dim">
            {t('desk.data', {
              data: [r.party.company ?? r.party.name, r.party.taxIds[0]?.value, r.party.street, r.party.postalCode, r.party.city]
                .filter(Boolean)
                .join(', '),
            })}
          </p>
        )}
        <span className="dim">{`${by} · ${ago(r.at)}`}</span>
      </div>
      <div className={styles.doing}>
        <Chip tone={drafted || r.state === 'open' ? 'wait' : r.state === 'done' ? 'good' : 'plain'}>
          {drafted ? t('desk.state.proposed') : t(`desk.state.${r.state}`)}
        </Chip>
        {r.state === 'refused' && r.outcome && <span className="dim">{t(`desk.refused.${r.outcome as 'limited'}`)}</span>}
        {r.madeId && r.made && (
          <Button
            component={Link}
            to={drafted ? `/to-issue?open=${r.madeId}` : `/documents/${r.madeId}`}
            size="compact-sm"
            variant={drafted ? 'light' : 'subtle'}
          >
            {drafted ? t('desk.check') : (r.made.number ?? t('desk.correction'))}
          </Button>
        )}
        {r.state === 'open' && can('edit') && (
          <>
            {r.documentId && r.kind === 'mend' && (
              <Button component={Link} to={`/documents/${r.documentId}/correct`} size="compact-sm" variant="light">
                {t('action.correct')}
              </Button>
            )}
            <Button
              size="compact-sm"
              variant="default"
              loading={close.isPending}
              onClick={() => close.mutate()}
              aria-label={`${t('desk.close')}: ${title} ${r.number ?? ''}`}
            >
              {t('desk.close')}
            </Button>
          </>
        )}
      </div>
    </li>
  );
}
