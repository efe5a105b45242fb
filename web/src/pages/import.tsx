import { ActionIcon, Button, NativeSelect, Progress, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useMemo, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import type {
  ImportAnswer,
  ImportReport,
  ImportRun,
  InspectAnswer,
  MailTemplate,
  Page as PageOf,
  Series,
  SetupState,
} from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { lazy } from '../lazy.ts';
import { rateOptions } from '../rates.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Failed, Lines, Page, Section } from '../ui/page.tsx';
import ProblemWords from '../ui/problem.tsx';
import { Table } from '../ui/table.tsx';
import { useToday } from '../ui/today.ts';
import styles from './import.module.css';
import { ImportChip, importCounts } from './import-run.tsx';

const Mapping = lazy(() => import('./mapping.tsx'));

type Picked = { key: string; file: File; inspected?: InspectAnswer; error?: Error; profileId?: string };
type Options = {
  kind: 'auto' | 'invoice' | 'proforma' | 'receipt';
  seriesId: string;
  defaultVatRate: string;
  deliveryRate: string;
  treatUnpaid: '' | 'hold' | 'issue';
  templateId: string;
  subject: string;
  body: string;
};
/** What is not chosen here is as the settings have it. */
const standard: Options = {
  kind: 'auto',
  seriesId: '',
  defaultVatRate: '',
  deliveryRate: '',
  treatUnpaid: '',
  templateId: '',
  subject: '',
  body: '',
};
/** Series and templates are an organization's own. */
const optionsName = (organizationId: string) => `fakturist.imports.${organizationId}`;

/** Drop, look, import: nothing is issued here, and nothing is stored before the second button. */
export default function Import() {
  const { t } = useTexts();
  const { number } = useFormats();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { can, organization } = useSession();
  const [files, setFiles] = useState<Picked[]>([]);
  const [options, setOptions] = useState<Options>(() => remembered(organization.id));
  const [mapping, setMapping] = useState<Picked>();
  const [report, setReport] = useState<ImportReport>();
  const words = useFindingWords();
  const input = useRef<HTMLInputElement>(null);

  const patch = (key: string, change: Partial<Picked>) => setFiles((list) => list.map((p) => (p.key === key ? { ...p, ...change } : p)));
  const take = (list: FileList | File[]) => {
    setReport(undefined);
    for (const file of list) {
      const picked: Picked = { key: crypto.randomUUID(), file };
      setFiles((before) => [...before, picked]);
      const form = new FormData();
      form.append('file', file);
      api.post<InspectAnswer>('/imports/inspect', form).then(
        (inspected) => patch(picked.key, { inspected }),
        (error: Error) => patch(picked.key, { error }),
      );
    }
  };
  const send = useMutation({
    mutationFn: async (dryRun: boolean) => {
      localStorage.setItem(optionsName(organization.id), JSON.stringify({ ...options, subject: '', body: '' }));
      const form = new FormData();
      form.append('options', JSON.stringify(body(options, dryRun)));
      for (const picked of files) form.append('files', picked.file);
      return api.post<ImportAnswer>('/imports', form);
    },
    onSuccess: async ({ runs, refused, report }, dryRun) => {
      for (const one of refused) toast({ text: `${one.name}: ${words(one.finding).text}`, tone: 'bad' });
      if (dryRun) {
        setReport(report);
        return;
      }
      setFiles([]);
      setReport(undefined);
      await client.invalidateQueries({ queryKey: ['imports'] });
      if (runs.length === 1) await navigate(`/import/${runs[0]!.id}`);
      else toast({ text: t('import.started', { count: runs.length }), tone: 'good' });
    },
    onError: (error) => toast({ error }),
  });
  const setup = useQuery({ queryKey: ['setup'], queryFn: () => api.get<SetupState>('/setup'), staleTime: Number.POSITIVE_INFINITY });
  const sample = useMutation({
    mutationFn: () => api.post<ImportRun>('/demo/import-sample', { kind: options.kind }),
    onSuccess: (run) => navigate(`/import/${run.id}`),
    onError: (error) => toast({ error }),
  });
  const unmapped = files.some((p) => isUnknown(p.inspected) && !p.profileId);
  const ready = can('edit') && files.length > 0 && !unmapped && files.every((p) => !p.error && p.inspected && !refusalOf(p.inspected));
  useKeys('nav.import', [
    { keys: 'o', label: 'import.choose', run: () => can('edit') && input.current?.click() },
    { keys: 'mod+enter', label: 'import.go', run: () => ready && !send.isPending && send.mutate(false) },
  ]);
  return (
    <Page title={t('nav.import')} help="import" about={t('import.about')}>
      {setup.data?.demo && can('edit') && files.length === 0 && (
        <div className={styles.sample}>
          <Icon name="bolt" />
          <span>{t('demo.sampleAbout')}</span>
          <Button size="compact-md" variant="light" loading={sample.isPending} onClick={() => sample.mutate()}>
            {t('demo.sampleGo')}
          </Button>
        </div>
      )}
      {can('edit') && <DropArea onFiles={take} onChoose={() => input.current?.click()} compact={files.length > 0} />}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept=".xml,.csv,.txt,.json,.zip"
        onChange={(e) => {
          if (e.target.files) take(e.target.files);
          e.target.value = '';
        }}
      />
      {files.length > 0 && (
        <Section title={t('import.files')}>
          <ul className={styles.files}>
            {files.map((picked) => (
              <FileLine
                key={picked.key}
                picked={picked}
                onMap={() => setMapping(picked)}
                onRemove={() => {
                  setReport(undefined);
                  setFiles((list) => list.filter((p) => p.key !== picked.key));
                }}
              />
            ))}
          </ul>
        </Section>
      )}
      {mapping?.inspected && (
        <Suspense fallback={<Lines />}>
          <Mapping
            key={mapping.key}
            inspected={mapping.inspected}
            onClose={() => setMapping(undefined)}
            onSaved={(profileId) => {
              patch(mapping.key, { profileId });
              setMapping(undefined);
            }}
          />
        </Suspense>
      )}
      {files.length > 0 && !mapping && (
        <>
          <OptionsForm
            options={options}
            onChange={(change) => {
              setReport(undefined);
              setOptions((o) => ({ ...o, ...change }));
            }}
          />
          <span className="hidden" role="status">
            {report && `${number(report.count)} ${t('import.orders', { count: report.count })}`}
          </span>
          {report && <DryRun report={report} name={files.map((p) => p.file.name).join(', ')} />}
          <div className={styles.go}>
            {unmapped && <span className={styles.warn}>{t('import.mapFirst')}</span>}
            <Button
              variant="default"
              size="md"
              disabled={!ready}
              loading={send.isPending && send.variables === true}
              onClick={() => send.mutate(true)}
            >
              {t('import.dryRun')}
            </Button>
            <Button size="md" disabled={!ready} loading={send.isPending && send.variables === false} onClick={() => send.mutate(false)}>
              {t('import.go')}
            </Button>
          </div>
        </>
      )}
      {!mapping && <Recent />}
    </Page>
  );
}

const asTexts = (params: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value ?? '')]));

/** Readable, of a layout that nobody has seen here: its fields are named first. */
const isUnknown = (inspected: InspectAnswer | undefined) => Boolean(inspected && !inspected.recognised && inspected.proposal);
/** What no mapping can help. */
const refusalOf = (inspected: InspectAnswer | undefined) => (isUnknown(inspected) ? undefined : inspected?.refused);

function remembered(organizationId: string): Options {
  try {
    return { ...standard, ...(JSON.parse(localStorage.getItem(optionsName(organizationId)) ?? '{}') as Partial<Options>) };
  } catch {
    return standard;
  }
}

function body(options: Options, dryRun: boolean): Record<string, unknown> {
  return { connector: 'auto', ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== '')), dryRun };
}

function DropArea({ onFiles, onChoose, compact }: { onFiles: (files: FileList) => void; onChoose: () => void; compact: boolean }) {
  const { t } = useTexts();
  const [over, setOver] = useState(false);
  return (
    <div
      className={styles.drop}
      data-over={over}
      data-compact={compact}
      onDragOver={(e) => {
        e.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(e) => {
        e.preventDefault();
        setOver(false);
        if (e.dataTransfer.files.length > 0) onFiles(e.dataTransfer.files);
      }}
    >
      <span className={styles.dropIcon}>
        <Icon name="import" size={compact ? 20 : 30} />
      </span>
      <div>
        <div className={styles.dropTitle}>{t('import.drop')}</div>
        <div className="dim">{t('import.dropAbout')}</div>
      </div>
      <Button variant={compact ? 'default' : 'filled'} onClick={onChoose}>
        {t('import.choose')}
      </Button>
    </div>
  );
}

function FileLine({ picked, onMap, onRemove }: { picked: Picked; onMap: () => void; onRemove: () => void }) {
  const { t } = useTexts();
  const { bytes } = useFormats();
  const words = useFindingWords();
  const { inspected } = picked;
  const refused = refusalOf(inspected);
  return (
    <li>
      <Icon name="document" />
      <span className="cut">
        <strong>{picked.file.name}</strong> <span className="dim">{bytes(picked.file.size)}</span>
      </span>
      <span className={styles.fileState} data-bad={Boolean(picked.error ?? refused)}>
        {(picked.error && <ProblemWords error={picked.error} />) ??
          (!inspected ? (
            <Progress value={100} animated w={80} size="sm" aria-label={t('import.looking')} />
          ) : refused ? (
            words(refused).text
          ) : picked.profileId ? (
            t('import.mapped')
          ) : inspected.recognised ? (
            t('import.recognised', { profile: inspected.profile ?? '' })
          ) : (
            t('import.unknown')
          ))}
      </span>
      {isUnknown(inspected) && (
        <Button size="compact-sm" variant={picked.profileId ? 'default' : 'filled'} onClick={onMap}>
          {t('import.map')}
        </Button>
      )}
      <ActionIcon size={26} aria-label={t('common.deleteNamed', { name: picked.file.name })} onClick={onRemove}>
        <Icon name="close" size={14} />
      </ActionIcon>
    </li>
  );
}

function OptionsForm({ options, onChange }: { options: Options; onChange: (change: Partial<Options>) => void }) {
  const { t, language } = useTexts();
  const { organization } = useSession();
  const series = useQuery({ queryKey: ['series'], queryFn: () => api.get<{ items: Series[] }>('/series'), staleTime: 60_000 });
  const templates = useQuery({
    queryKey: ['mail-templates'],
    queryFn: () => api.get<{ items: MailTemplate[] }>('/mail-templates'),
    staleTime: 60_000,
  });
  const today = useToday();
  const rates = useMemo(() => rateOptions(organization.country, language, today), [organization.country, language, today]);
  const ofKind = (series.data?.items ?? []).filter((s) => s.active && s.kind === options.kind);
  return (
    <Section title={t('import.options')}>
      <div>
        <div className={styles.label} id="kind-label">
          {t('import.kind')}
        </div>
        <SegmentedControl
          aria-labelledby="kind-label"
          className={styles.kinds}
          value={options.kind}
          onChange={(kind) => onChange({ kind: kind as Options['kind'], seriesId: '' })}
          data={(['auto', 'invoice', 'proforma', 'receipt'] as const).map((k) => ({
            value: k,
            label: k === 'auto' ? t('import.auto') : t(`kind.${k}`),
          }))}
        />
        <p className={styles.hint}>{options.kind === 'auto' ? t('import.autoAbout') : t('import.kindAbout')}</p>
      </div>
      <div className={styles.row}>
        {options.kind !== 'auto' && (
          <NativeSelect
            label={t('field.series')}
            value={options.seriesId}
            onChange={(e) => onChange({ seriesId: e.target.value })}
            data={[{ value: '', label: t('import.defaultSeries') }, ...ofKind.map((s) => ({ value: s.id, label: s.name }))]}
          />
        )}
        <NativeSelect
          label={t('import.rate')}
          description={t('import.rateAbout')}
          inputWrapperOrder={['label', 'input', 'description']}
          value={options.defaultVatRate}
          onChange={(e) => onChange({ defaultVatRate: e.target.value })}
          data={[{ value: '', label: t('import.rateNone') }, ...rates]}
        />
        <NativeSelect
          label={t('import.deliveryRate')}
          value={options.deliveryRate}
          onChange={(e) => onChange({ deliveryRate: e.target.value })}
          data={[
            { value: '', label: t('import.rateNone') },
            { value: 'proportional', label: t('import.proportional') },
            { value: 'dominant', label: t('import.dominant') },
            ...rates.filter((r) => /^\d+$/.test(r.value)),
          ]}
        />
        <NativeSelect
          label={t('import.unpaid')}
          value={options.treatUnpaid}
          onChange={(e) => onChange({ treatUnpaid: e.target.value as Options['treatUnpaid'] })}
          data={[
            { value: '', label: t('import.rateNone') },
            { value: 'hold', label: t('import.unpaidHold') },
            { value: 'issue', label: t('import.unpaidIssue') },
          ]}
        />
      </div>
      <details className={styles.message}>
        <summary>{t('import.message')}</summary>
        <div className={styles.row}>
          <NativeSelect
            label={t('import.template')}
            value={options.templateId}
            onChange={(e) => onChange({ templateId: e.target.value })}
            data={[
              { value: '', label: t('import.templateDefault') },
              ...(templates.data?.items ?? []).map((m) => ({ value: m.id, label: m.name })),
            ]}
          />
          <TextInput
            label={t('field.subject')}
            placeholder={t('editor.fromTemplate')}
            value={options.subject}
            onChange={(e) => onChange({ subject: e.target.value })}
          />
        </div>
        <Textarea
          mt="sm"
          label={t('field.body')}
          description={t('import.variables')}
          autosize
          minRows={3}
          value={options.body}
          onChange={(e) => onChange({ body: e.target.value })}
        />
      </details>
    </Section>
  );
}

/** The proof before the deed: what the file holds, what each order would become, what would be refused and where. */
function DryRun({ report, name }: { report: ImportReport; name: string }) {
  const { t } = useTexts();
  const { money, number } = useFormats();
  const words = useFindingWords();
  const sums =
    typeof report.sumTotalGross === 'string'
      ? [[report.orders[0]?.currency ?? 'PLN', report.sumTotalGross] as const]
      : Object.entries(report.sumTotalGross);
  return (
    <Section title={t('import.wouldBe', { name })}>
      <div className={styles.figures}>
        <span>
          <b>{number(report.count)}</b> {t('import.orders', { count: report.count })}
        </span>
        <span>
          <b>{sums.map(([currency, gross]) => money(gross, currency)).join(' · ')}</b> {t('import.together')}
        </span>
        {Object.entries(report.byDocument).map(([kind, n]) => (
          <span key={kind}>
            <b>{number(n)}</b> {t(`suggestion.${kind as 'WAIT'}`)}
          </span>
        ))}
        {report.rejected.length > 0 && (
          <span data-bad>
            <b>{number(report.rejected.length)}</b> {t('outcome.rejected', { count: report.rejected.length })}
          </span>
        )}
      </div>
      {report.rejected.map((r, i) => (
        <div key={i} className={styles.rejected}>
          {t('import.place', { line: String(r.line ?? '?'), order: String(r.externalId ?? '—') })} —{' '}
          {words({ code: String(r.code), params: asTexts({ ...r, line: r.named ?? r.line }) }).text}
        </div>
      ))}
      {report.fileWarnings.map(({ code, ...params }, i) => (
        <div key={i} className={styles.warning}>
          {words({ code: String(code), params: asTexts({ id: params.externalId, ...params }) }).text}
        </div>
      ))}
      <Table
        label={t('import.wouldBe', { name })}
        rows={report.orders.slice(0, 30)}
        id={(o) => o.externalId}
        columns={[
          { title: t('field.order'), cell: (o) => o.externalId },
          { title: t('orders.becomes'), cell: (o) => t(`suggestion.${o.suggestedDocument as 'WAIT'}`) },
          { title: t('field.cause'), cell: (o) => o.issues.map((code) => words({ code }).text).join(' '), grow: true },
          { title: t('field.gross'), end: true, cell: (o) => money(o.totalGross ?? undefined, o.currency) },
        ]}
      />
      {report.orders.length > 30 && <span className="dim">{t('import.firstOnly', { count: 30 })}</span>}
    </Section>
  );
}

function Recent() {
  const { t } = useTexts();
  const { ago } = useFormats();
  const navigate = useNavigate();
  const { data, error, refetch } = useQuery({
    queryKey: ['imports'],
    queryFn: () => api.get<PageOf<ImportRun>>('/imports', { limit: 20 }),
  });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (data?.items.length === 0) return null;
  return (
    <Section title={t('import.recent')} flush>
      <Table
        label={t('import.recent')}
        rows={data?.items}
        id={(r) => r.id}
        onOpen={(r) => void navigate(`/import/${r.id}`)}
        columns={[
          { title: t('field.file'), cell: (r) => <Link to={`/import/${r.id}`}>{r.name}</Link>, grow: true },
          { title: t('field.state'), cell: (r) => <ImportChip status={r.status} /> },
          { title: t('nav.orders'), cell: (r) => <span className="dim">{importCounts(r.counts, t)}</span> },
          { title: t('field.when'), end: true, cell: (r) => <span className="dim">{ago(r.createdAt)}</span> },
        ]}
      />
    </Section>
  );
}
