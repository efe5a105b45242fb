import { Button, NativeSelect } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import type { Connection, Connector, Mappings } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { type Key, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Chip } from '../ui/status.tsx';
import { Table } from '../ui/table.tsx';

type Row = Mappings['rows'][number];

/** The shops' words beside the provider's: proposals by name, what is held for each, saved together. */
export default function ConnectionMappings() {
  const { id = '' } = useParams();
  const { t, language } = useTexts();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const connections = useQuery({ queryKey: ['connections'], queryFn: () => api.get<{ items: Connection[] }>('/connections') });
  const gallery = useQuery({
    queryKey: ['connectors'],
    queryFn: () => api.get<{ items: Connector[] }>('/connectors'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const list = useQuery({ queryKey: ['connection', id, 'mappings'], queryFn: () => api.get<Mappings>(`/connections/${id}/mappings`) });
  const save = useMutation({
    mutationFn: (values: Record<string, string | null>) => api.put(`/connections/${id}/mappings`, { values }),
    onSuccess: async () => {
      setChosen({});
      toast({ text: t('mappings.saved'), tone: 'good' });
      await client.invalidateQueries({
        predicate: (q) => ['connection', 'connections', 'documents', 'count', 'home', 'holds'].includes(String(q.queryKey[0])),
      });
    },
    onError: (e) => toast({ error: e }),
  });
  const connection = connections.data?.items.find((c) => c.id === id);
  const connector = gallery.data?.items.find((c) => c.id === connection?.connector);
  const mapping = connector?.setup.mappings[0];
  const error = list.error ?? connections.error ?? gallery.error;
  const wordOf = (row: Row) => (row.theirs.startsWith('means:') ? t(`means.${row.theirs.slice(6)}` as Key) : row.theirs);
  // A proposal counts as chosen until somebody says otherwise.
  const wishOf = (row: Row) => chosen[row.theirs] ?? row.value ?? row.proposed ?? '';
  const rows = list.data?.rows ?? [];
  const changed = Object.fromEntries(
    rows.filter((row) => wishOf(row) !== (row.value ?? '')).map((row) => [row.theirs, wishOf(row) || null]),
  );
  const held = rows.reduce((n, row) => n + row.held, 0);
  return (
    <Page
      title={mapping?.label[language] ?? t('nav.connections')}
      help="connections"
      about={mapping?.about[language]}
      back={{ to: `/connections/${id}`, label: connection?.name ?? t('nav.connections') }}
      actions={
        <Button
          disabled={Object.keys(changed).length === 0}
          loading={save.isPending}
          onClick={() => save.mutate(changed)}
          leftSection={<Icon name="check" size={16} />}
        >
          {t('common.save')}
        </Button>
      }
    >
      {isLost(error, list.data && connector) ? (
        <Failed error={error} retry={() => void list.refetch()} />
      ) : !list.data || !connector ? (
        <Lines />
      ) : (
        <Section
          title={t('mappings.title', { provider: connector.name })}
          about={held > 0 ? t('mappings.held', { count: held }) : undefined}
          flush
        >
          {rows.length === 0 ? (
            <Empty icon="swap" title={t('mappings.emptyTitle')}>
              {t('mappings.emptyText')}
            </Empty>
          ) : (
            <Table
              label={mapping?.label[language] ?? ''}
              rows={rows}
              id={(row) => row.theirs}
              columns={[
                { title: t('mappings.theirs'), grow: true, cell: (row) => <strong>{wordOf(row)}</strong> },
                {
                  title: connector.name,
                  cell: (row) => (
                    <NativeSelect
                      aria-label={`${wordOf(row)} → ${connector.name}`}
                      value={wishOf(row)}
                      w={220}
                      error={mapping?.required && row.seen && wishOf(row) === ''}
                      onChange={(e) => setChosen((before) => ({ ...before, [row.theirs]: e.target.value }))}
                      data={[{ value: '', label: t('mappings.none') }, ...list.data.options]}
                    />
                  ),
                },
                {
                  title: t('field.state'),
                  cell: (row) =>
                    row.value && wishOf(row) === row.value ? (
                      <Chip tone="good">{t('mappings.mapped')}</Chip>
                    ) : wishOf(row) === '' ? (
                      row.seen ? (
                        <Chip tone="bad">{t('mappings.missing')}</Chip>
                      ) : (
                        <Chip tone="plain">{t('mappings.unused')}</Chip>
                      )
                    ) : (
                      <Chip tone="wait">{chosen[row.theirs] === undefined ? t('mappings.proposed') : t('mappings.unsaved')}</Chip>
                    ),
                },
                { title: t('mappings.orders'), end: true, cell: (row) => row.orders || '' },
                {
                  title: t('mappings.heldDocuments'),
                  end: true,
                  cell: (row) => (row.held ? <Link to="/to-issue?holdCode=H_MAPPING_MISSING">{row.held}</Link> : ''),
                },
              ]}
            />
          )}
        </Section>
      )}
    </Page>
  );
}
