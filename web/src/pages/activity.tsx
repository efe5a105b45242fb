import { NativeSelect } from '@mantine/core';
import { Link } from 'react-router';
import type { AuditPage } from '../../../src/api/schemas/index.ts';
import { useFormats } from '../format.ts';
import { type Key, useT } from '../texts.ts';
import { sayActor, sayEvent } from '../ui/event-words.ts';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';

import { useFilter } from '../ui/use-documents.ts';
import { More, usePages } from '../ui/use-pages.tsx';

const entities = ['document', 'order', 'organization', 'series', 'connection', 'member', 'api-key', 'import'] as const;

/** The audit trail: who did what and when, chained by hash so that nothing can be taken out unseen. */
export default function Activity() {
  const t = useT();
  const { time, number } = useFormats();
  const { filter, change } = useFilter(['entity']);
  const pages = usePages<AuditPage>(['audit', filter], '/audit', filter);
  const { list, rows } = pages;
  const said = (action: string) => sayEvent(t, action);
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
        {isLost(list.error, list.data) ? (
          <Failed error={list.error} retry={() => void list.refetch()} />
        ) : (
          <>
            <Table
              label={t('nav.activity')}
              rows={rows}
              empty={<Empty icon="activity" title={t('common.nothingFound')} />}
              id={(e) => String(e.seq)}
              columns={[
                { title: t('field.when'), cell: (e) => <span style={{ whiteSpace: 'nowrap' }}>{time(e.at)}</span> },
                {
                  title: t('activity.who'),
                  cell: (e) => sayActor(t, e.actor),
                },
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
                { title: t('activity.data'), grow: true, cell: (e) => <Details data={e.data} /> },
                {
                  title: '#',
                  end: true,
                  cell: (e) => (
                    <span className="dim" title={e.hash}>
                      {number(e.seq)}
                    </span>
                  ),
                },
              ]}
            />
            <More of={pages} />
          </>
        )}
      </Section>
    </Page>
  );
}

/** What the entry is about, in the reader's words; the entry as it was written stands behind it. */
function Details({ data }: { data: Record<string, unknown> }) {
  const t = useT();
  const { money, day } = useFormats();
  const text = (name: string) => (typeof data[name] === 'string' || typeof data[name] === 'number' ? String(data[name]) : '');
  const word = (area: string, name: string) => {
    const key = `${area}.${text(name)}`;
    const said = text(name) && t(key as Key);
    return said === key ? text(name) : said;
  };
  const parts = [
    text('number'),
    text('name'),
    word('kind', 'kind'),
    text('gross') && text('currency') ? money(text('gross'), text('currency')) : '',
    text('series'),
    /^\d{4}-\d\d-\d\d$/.test(text('issueDate')) ? day(text('issueDate')) : '',
    text('recipient') || text('email') || text('to'),
    word('userRole', 'role'),
    text('url') || text('host'),
    text('plan'),
    text('reason'),
  ];
  const raw = JSON.stringify(data);
  if (raw === '{}') return null;
  return (
    <span className="dim" title={`${t('activity.raw')}: ${raw.slice(0, 600)}`}>
      {parts.filter(Boolean).join(' · ') || '…'}
    </span>
  );
}
