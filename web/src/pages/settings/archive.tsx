import { Button, NativeSelect, NumberInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ArchiveAnswer } from '../../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useTexts } from '../../texts.ts';
import { toast } from '../../toasts.tsx';

import { AskingButton } from '../../ui/asking-button.tsx';
import { isLost } from '../../ui/lost.ts';
import { Empty, Failed, Lines, Section } from '../../ui/page.tsx';
import { Chip } from '../../ui/status.tsx';
import { Table } from '../../ui/table.tsx';
import styles from '../settings.module.css';

type Run = ArchiveAnswer['runs'][number];
const tones = { making: 'wait', ready: 'info', removing: 'wait', done: 'good', cancelled: 'plain' } as const;
const rawChoices = [6, 12, 24, 36, 60];

/** How long documents are kept, what is past its term, and the archives by which it leaves. */
export default function Archive() {
  const { t } = useTexts();
  const { day, number } = useFormats();
  const client = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['archive'],
    queryFn: () => api.get<ArchiveAnswer>('/archive'),
    // Files are made and documents removed in the background; a lost line of changes must not leave the page behind.
    refetchInterval: (query) => (query.state.data?.runs.some((run) => run.state === 'making' || run.state === 'removing') ? 3000 : false),
  });
  const refresh = () => client.invalidateQueries({ queryKey: ['archive'] });
  const begin = useMutation({ mutationFn: () => api.post('/archive', {}), onSuccess: refresh, onError: (e) => toast({ error: e }) });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines />;
  const open = data.runs.some((run) => ['making', 'ready', 'removing'].includes(run.state));
  return (
    <>
      <Section title={t('archive.term')} about={t('archive.termAbout', { years: String(data.terms.lawfulYears), law: data.terms.law })}>
        <Term terms={data.terms} onSaved={refresh} />
      </Section>
      {!open && (
        <Section
          title={t('archive.old')}
          about={t('archive.oldAbout', { day: day(data.terms.untilDay) })}
          flush={data.old.length > 0}
          actions={
            data.old.length > 0 && (
              <Button size="compact-md" onClick={() => begin.mutate()} loading={begin.isPending}>
                {t('archive.make')}
              </Button>
            )
          }
        >
          {data.old.length === 0 ? (
            <p className="dim">{t('archive.nothing')}</p>
          ) : (
            <Table
              label={t('archive.old')}
              rows={data.old}
              id={(one) => String(one.year)}
              columns={[
                { title: t('archive.year'), grow: true, cell: (one) => one.year },
                { title: t('archive.documents'), end: true, cell: (one) => number(one.documents) },
                { title: t('archive.undocumented'), end: true, cell: (one) => number(one.undocumented) },
              ]}
            />
          )}
        </Section>
      )}
      <Section title={t('archive.runs')} about={t('archive.runsAbout')} flush={data.runs.length > 0}>
        {data.runs.length === 0 ? (
          <Empty icon="download" title={t('archive.none')} />
        ) : (
          data.runs.map((run) => <OneRun key={run.id} run={run} onChanged={refresh} />)
        )}
      </Section>
    </>
  );
}

function Term({ terms, onSaved }: { terms: ArchiveAnswer['terms']; onSaved: () => void }) {
  const { t, language } = useTexts();
  const [years, setYears] = useState<number | string>(terms.years);
  const [yearEnds, setYearEnds] = useState(String(terms.yearEnds));
  const [raw, setRaw] = useState(terms.rawMonths === null ? '' : String(terms.rawMonths));
  const save = useMutation({
    mutationFn: () =>
      api.put('/archive/terms', { years: Number(years), yearEnds: Number(yearEnds), rawMonths: raw === '' ? null : Number(raw) }),
    onSuccess: () => {
      toast({ text: t('common.saved') });
      onSaved();
    },
    onError: (e) => toast({ error: e }),
  });
  const month = (n: number) =>
    new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' }).format(new Date(Date.UTC(2026, n - 1, 1)));
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <NumberInput
        label={t('archive.years')}
        min={terms.lawfulYears}
        max={30}
        allowDecimal={false}
        clampBehavior="strict"
        value={years}
        onChange={setYears}
        required
        withAsterisk={false}
        w={160}
      />
      <NativeSelect
        label={t('archive.yearEnds')}
        value={yearEnds}
        onChange={(e) => setYearEnds(e.currentTarget.value)}
        data={Array.from({ length: 12 }, (_, i) => ({ value: String(i + 1), label: month(i + 1) }))}
        maw={260}
      />
      <NativeSelect
        label={t('archive.raw')}
        description={t('archive.rawAbout')}
        value={raw}
        onChange={(e) => setRaw(e.currentTarget.value)}
        data={[
          { value: '', label: t('archive.rawWith') },
          ...[...new Set([...rawChoices, ...(raw ? [Number(raw)] : [])])]
            .sort((a, b) => a - b)
            .map((n) => ({ value: String(n), label: t('archive.rawMonths', { count: String(n) }) })),
        ]}
        maw={420}
      />
      <Button type="submit" style={{ alignSelf: 'flex-start' }} loading={save.isPending}>
        {t('common.save')}
      </Button>
    </form>
  );
}

function OneRun({ run, onChanged }: { run: Run; onChanged: () => void }) {
  const { t } = useTexts();
  const { day, bytes, number } = useFormats();
  const act = useMutation({
    mutationFn: (verb: 'remove' | 'cancel') => api.post(`/archive/${run.id}/${verb}`, {}),
    onSuccess: onChanged,
    onError: (e) => toast({ error: e }),
  });
  const untaken = run.parts.filter((part) => !part.taken).length;
  const name = day(run.createdAt);
  return (
    <div style={{ padding: '14px 18px', borderTop: '1px solid var(--line)' }}>
      <div className={styles.buttons} style={{ alignItems: 'center' }}>
        <strong>{name}</strong>
        <Chip tone={tones[run.state]}>{t(`archive.state.${run.state}`)}</Chip>
        <span className="dim">
          {t('archive.counts', { documents: String(run.documents), removed: String(run.removed) })}
          {run.kept.length > 0 && ` · ${t('archive.kept', { count: String(run.kept.reduce((n, k) => n + k.documents, 0)) })}`}
        </span>
      </div>
      {run.parts.length > 0 && (
        <Table
          label={t('archive.files')}
          rows={run.parts}
          id={(part) => String(part.seq)}
          columns={[
            {
              title: t('archive.file'),
              grow: true,
              cell: (part) =>
                part.there ? (
                  // Taking it is noted on the other side once its last byte has gone.
                  <a
                    href={fileAddress(`/archive/${run.id}/parts/${part.seq}`)}
                    download={part.name}
                    onClick={() => setTimeout(onChanged, 2500)}
                  >
                    {part.name}
                  </a>
                ) : (
                  part.name
                ),
            },
            { title: t('archive.entries'), end: true, cell: (part) => number(part.documents) },
            { title: t('archive.size'), end: true, cell: (part) => bytes(Number(part.sizeBytes)) },
            { title: 'SHA-256', cell: (part) => <code title={part.sha256}>{part.sha256.slice(0, 12)}…</code> },
            { title: '', end: true, cell: (part) => part.taken && <span className="dim">{t('archive.taken')}</span> },
          ]}
        />
      )}
      {run.state === 'ready' && (
        <>
          <div className={styles.buttons} style={{ marginTop: 12 }}>
            <AskingButton
              size="compact-md"
              variant="filled"
              disabled={untaken > 0 || act.isPending}
              question={t('archive.removeSure', { count: String(run.documents) })}
              about={t('archive.removeText')}
              onYes={() => act.mutate('remove')}
            >
              {t('archive.remove')}
            </AskingButton>
            <Button
              size="compact-md"
              variant="subtle"
              color="gray"
              onClick={() => act.mutate('cancel')}
              aria-label={`${t('archive.cancel')}: ${name}`}
            >
              {t('archive.cancel')}
            </Button>
          </div>
          {untaken > 0 && (
            <p className="dim" style={{ margin: '8px 0 0' }}>
              {t('archive.takeFirst')}
            </p>
          )}
        </>
      )}
    </div>
  );
}
