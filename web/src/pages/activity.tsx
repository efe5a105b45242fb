import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link } from 'react-router';
import type { AuditPage } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import { actorName, eventWords } from '../ui/timeline.tsx';
import { useFilter } from '../ui/use-documents.ts';

const entities = ['document', 'order', 'organization', 'series', 'connection', 'member', 'api-key', 'import'] as const;

/** The audit trail: who did what and when, chained by hash so that nothing can be taken out unseen. */
export default function Activity() {
  const t = useT();
  const { time, number } = useFormats();
  const { filter, change } = useFilter(['entity']);
  const list = useInfiniteQuery({
    queryKey: ['audit', filter],
    queryFn: ({ pageParam }) => api.get<AuditPage>('/audit', { ...filter, limit: 100, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor,
  });
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.items), [list.data]);
  const said = (action: string) => (eventWords[action] ? t(eventWords[action]) : action);
  return (
    <Page title={t('nav.activity')} help="activity" about={t('activity.about')}>
      <Section
        flush
        actions={
          <NativeSelect
            size="xs"
            aria-label={t('activity.about2')}
            value={filter.entity ?? ''}
            onChange={(e) => change({ entity: e.target.value || undefined })}
            data={[{ value: '', label: t('filter.all') }, ...entities.map((e) => ({ value: e, label: t(`entity.${e}`) }))]}
          />
        }
      >
        {list.error ? (
          <Failed error={list.error} retry={() => void list.refetch()} />
        ) : !rows ? (
          <div style={{ padding: '0 18px' }}>
            <Lines />
          </div>
        ) : rows.length === 0 ? (
          <Empty icon="activity" title={t('common.nothingFound')} />
        ) : (
          <>
            <Table
              label={t('nav.activity')}
              rows={rows}
              id={(e) => String(e.seq)}
              columns={[
                {
                  title: '#',
                  cell: (e) => (
                    <span className="dim" title={e.hash}>
                      {number(e.seq)}
                    </span>
                  ),
                },
                { title: t('field.when'), cell: (e) => <span style={{ whiteSpace: 'nowrap' }}>{time(e.at)}</span> },
                { title: t('activity.who'), cell: (e) => actorName(e.actor) },
                {
                  title: t('activity.what'),
                  cell: (e) =>
                    e.entity === 'document' ? (
                      <Link to={`/documents/${e.entityId}`}>{said(e.action)}</Link>
                    ) : e.entity === 'order' ? (
                      <Link to={`/orders/${e.entityId}`}>{said(e.action)}</Link>
                    ) : (
                      said(e.action)
                    ),
                },
                { title: t('activity.data'), grow: true, cell: (e) => <span className="dim">{summary(e.data)}</span> },
              ]}
            />
            {list.hasNextPage && (
              <Button variant="subtle" m="sm" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                {t('common.loadMore')}
              </Button>
            )}
          </>
        )}
      </Section>
    </Page>
  );
}

function summary(data: Record<string, unknown>): string {
  return Object.entries(data)
    .filter(([k, v]) => v !== null && v !== undefined && v !== '' && !/^(delivery|messageId|.*Id)$/.test(k))
    .map(([k, v]) => `${k}: ${Array.isArray(v) ? v.join(', ') : typeof v === 'object' ? JSON.stringify(v) : String(v)}`)
    .join(' · ')
    .slice(0, 240);
}
