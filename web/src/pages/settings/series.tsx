import { Button, Checkbox, NativeSelect, Switch, TextInput } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import type { Connection, Connector, Register, Series, SeriesInput } from '../../../../src/api/schemas/index.ts';
import { ApiError, api, type Found } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useFindingWords, useSession } from '../../session.tsx';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Findings } from '../../ui/findings.tsx';
import { Icon } from '../../ui/icon.tsx';
import { isLost } from '../../ui/lost.ts';
import { Empty, Failed, Section } from '../../ui/page.tsx';
import { SettingField } from '../../ui/setting-field.tsx';
import { Chip } from '../../ui/status.tsx';
import { Table } from '../../ui/table.tsx';
import { More, usePages } from '../../ui/use-pages.tsx';
import styles from '../settings.module.css';

const kinds = ['invoice', 'correction', 'proforma', 'prepayment', 'final', 'receipt'] as const;
const resets = ['monthly', 'yearly', 'daily', 'never'] as const;

export default function SeriesSettings() {
  const t = useT();
  const { can } = useSession();
  const { id } = useParams();
  const navigate = useNavigate();
  const words = useFindingWords();
  const [editing, setEditing] = useState<Series | 'new'>();
  const [params, setParams] = useSearchParams();
  const { data, error, refetch } = useQuery({ queryKey: ['series'], queryFn: () => api.get<{ items: Series[] }>('/series') });
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  const chosen = data?.items.find((s) => s.id === id);
  const asked = data?.items.find((s) => s.id === params.get('edit'));
  const edited = editing ?? asked;
  const close = () => {
    setEditing(undefined);
    if (asked) setParams({}, { replace: true });
  };
  return (
    <>
      <Section
        title={t('settings.series')}
        flush
        actions={
          can('settings') && (
            <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setEditing('new')}>
              {t('series.new')}
            </Button>
          )
        }
      >
        <Table
          label={t('settings.series')}
          rows={
            data && [...data.items].sort((a, b) => Number(b.active) - Number(a.active) || kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
          }
          id={(s) => s.id}
          onOpen={(s) => can('settings') && setEditing(s)}
          columns={[
            {
              title: t('field.name'),
              grow: true,
              cell: (s) => (
                <>
                  {s.findings.length > 0 && (
                    <span className={styles.warn} title={s.findings.map((f) => words(f).text).join(' ')}>
                      <Icon name="cause" size={16} />
                      <span className="hidden">{t('series.incomplete')}</span>
                    </span>
                  )}
                  <strong>{s.name}</strong> {s.isDefault && <Chip tone="good">{t('series.default')}</Chip>}{' '}
                  {!s.active && <Chip tone="plain">{t('series.closed')}</Chip>}
                </>
              ),
            },
            { title: t('field.kind'), cell: (s) => t(`kind.${s.kind}`) },
            {
              title: t('series.next'),
              cell: (s) => (
                <>
                  <code>{s.nextNumber ?? (s.numberOwner === 'provider' ? t('series.byProvider') : '—')}</code>
                  <div className="dim">{t('series.resets', { when: t(`reset.${s.reset}`) })}</div>
                </>
              ),
            },
            {
              title: '',
              end: true,
              cell: (s) => (
                <span className={styles.buttons} style={{ flexWrap: 'nowrap', justifyContent: 'flex-end' }}>
                  <Button
                    size="compact-sm"
                    variant="subtle"
                    onClick={() => void navigate(`/settings/series/${s.id}`)}
                    aria-label={`${t('series.register')}: ${s.name}`}
                  >
                    {t('series.register')}
                  </Button>
                  {can('settings') && (
                    <Button size="compact-sm" variant="default" onClick={() => setEditing(s)} aria-label={`${t('action.edit')}: ${s.name}`}>
                      {t('action.edit')}
                    </Button>
                  )}
                </span>
              ),
            },
          ]}
        />
      </Section>
      {chosen && <RegisterOf key={chosen.id} series={chosen} />}
      {edited && data && (
        <SeriesForm
          key={edited === 'new' ? 'new' : edited.id}
          series={edited === 'new' ? undefined : edited}
          all={data.items}
          onClose={close}
        />
      )}
    </>
  );
}

function SeriesForm({ series, all, onClose }: { series: Series | undefined; all: Series[]; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const words = useFindingWords();
  const [form, setForm] = useState<SeriesInput>(
    series ?? {
      name: '',
      kind: 'invoice',
      // No two series may give the same numbers: a pattern that is there already would be refused.
      pattern: '',
      reset: 'monthly',
      isDefault: false,
      active: true,
      numberOwner: 'hub',
      reporter: 'nobody',
      connectionId: null,
      autoIssue: false,
    },
  );
  const set = (patch: Partial<SeriesInput>) => setForm((f) => ({ ...f, ...patch }));
  const connections = useQuery({
    queryKey: ['connections'],
    queryFn: () => api.get<{ items: Connection[] }>('/connections'),
    staleTime: 60_000,
  });
  const gallery = useQuery({
    queryKey: ['connectors'],
    queryFn: () => api.get<{ items: Connector[] }>('/connectors'),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [refused, setRefused] = useState<Found[]>([]);
  const connected = connections.data?.items.find((c) => c.id === form.connectionId);
  const connector = gallery.data?.items.find((c) => c.id === connected?.connector);
  const fields = (connector?.seriesFields ?? []).filter((f) => !f.kinds || f.kinds.includes(form.kind));
  // What the provider would like is filled in for an empty field, and counts only once it is saved.
  const proposed = Object.fromEntries(
    fields.flatMap((f) => {
      const only = all.filter((s) => s.active && s.connectionId === form.connectionId && f.lookup === `series:${s.kind}`);
      const value = f.default ?? (f.required && only.length === 1 ? only[0]!.id : undefined);
      return value === undefined ? [] : [[f.key, value]];
    }),
  );
  const settings: Record<string, unknown> = { ...proposed, ...form.settings };
  const preview = useQuery({
    queryKey: ['series-preview', form.pattern, form.reset],
    queryFn: () => api.get<{ numbers: string[]; findings: Found[] }>('/series/preview', { pattern: form.pattern, reset: form.reset }),
    enabled: form.pattern !== '',
    placeholderData: keepPreviousData,
    retry: false,
  });
  const save = useMutation({
    mutationFn: () => {
      const { name, kind, pattern, reset, isDefault, active, numberOwner, reporter, connectionId, autoIssue } = form;
      const kept = fields.length > 0 ? { settings: Object.fromEntries(Object.entries(settings).filter(([, v]) => v !== undefined)) } : {};
      const body = { name, kind, pattern, reset, isDefault, active, numberOwner, reporter, connectionId, autoIssue, ...kept };
      return series ? api.patch(`/series/${series.id}`, body) : api.post('/series', body);
    },
    onSuccess: () => {
      toast({ text: t('common.saved'), tone: 'good' });
      onClose();
      return client.invalidateQueries({ queryKey: ['series'] });
    },
    onError: (e) => {
      const findings = e instanceof ApiError ? (e.problem.findings ?? []) : [];
      setRefused(findings);
      if (findings.length === 0) toast({ error: e });
    },
  });
  // What is said at its field is not said again above.
  const fieldOf = (f: Found) => ['name', 'pattern', 'reset', 'connectionId', 'numberOwner', 'reporter'].find((field) => isAbout(f, field));
  // Findings of the stored series draw their fields red until they are filled.
  const wrong = (field: string) => {
    const found = [...refused, ...(series?.findings ?? []), ...(field === 'pattern' ? (preview.data?.findings ?? []) : [])].filter((f) =>
      isAbout(f, field),
    );
    return found.length > 0 ? [...new Set(found.map((f) => words(f).text))].join(' ') : undefined;
  };
  return (
    <Dialog onClose={onClose} size="lg" title={series ? series.name : t('series.new')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {refused.length > 0 ? (
          <Findings items={refused.filter((f) => !fieldOf(f))} />
        ) : (
          <Findings items={(series?.findings ?? []).filter((f) => f.code !== 'H_SERIES_FIELD')} />
        )}
        <div className={styles.row}>
          <TextInput
            data-autofocus
            label={t('field.name')}
            required
            withAsterisk={false}
            value={form.name}
            error={wrong('name')}
            onChange={(e) => set({ name: e.target.value })}
          />
          <NativeSelect
            label={t('field.kind')}
            disabled={series !== undefined}
            value={form.kind}
            onChange={(e) => set({ kind: e.target.value as SeriesInput['kind'] })}
            data={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))}
          />
        </div>
        <div className={styles.row}>
          <TextInput
            label={t('series.pattern')}
            description={t('series.patternAbout')}
            inputWrapperOrder={['label', 'input', 'error', 'description']}
            required
            withAsterisk={false}
            placeholder={all.find((s) => s.isDefault && s.kind === form.kind)?.pattern}
            value={form.pattern}
            error={wrong('pattern')}
            onChange={(e) => set({ pattern: e.target.value })}
          />
          <NativeSelect
            label={t('series.reset')}
            value={form.reset}
            error={wrong('reset')}
            onChange={(e) => set({ reset: e.target.value as SeriesInput['reset'] })}
            data={resets.map((r) => ({ value: r, label: t(`reset.${r}`) }))}
          />
        </div>
        {preview.data && preview.data.numbers.length > 0 && (
          <div className={styles.next} aria-live="polite">
            {t('series.looks')} <b>{preview.data.numbers[0]}</b> <span className="dim">{preview.data.numbers.slice(1).join(' · ')}</span>
          </div>
        )}
        <div className={styles.row}>
          <NativeSelect
            label={t('series.connection')}
            description={t('series.connectionAbout')}
            inputWrapperOrder={['label', 'input', 'error', 'description']}
            value={form.connectionId ?? ''}
            error={wrong('connectionId')}
            onChange={(e) =>
              set({
                connectionId: e.target.value || null,
                ...(e.target.value ? {} : { numberOwner: 'hub', reporter: form.reporter === 'provider' ? 'nobody' : form.reporter }),
              })
            }
            data={[
              { value: '', label: t('series.nowhere') },
              ...(connections.data?.items ?? []).filter((c) => c.status !== 'removed').map((c) => ({ value: c.id, label: c.name })),
            ]}
          />
          <NativeSelect
            label={t('series.owner')}
            value={form.numberOwner}
            error={wrong('numberOwner')}
            onChange={(e) => set({ numberOwner: e.target.value as 'hub' })}
            data={(['hub', 'provider'] as const).map((o) => ({
              value: o,
              label: t(`owner.${o}`),
              disabled: o === 'provider' && !form.connectionId,
            }))}
          />
          <NativeSelect
            label={t('series.reporter')}
            value={form.reporter}
            error={wrong('reporter')}
            onChange={(e) => set({ reporter: e.target.value as 'hub' })}
            data={(['nobody', 'hub', 'provider'] as const).map((r) => ({
              value: r,
              label: t(`reporter.${r}`),
              disabled: r === 'provider' && !form.connectionId,
            }))}
          />
        </div>
        {fields.length > 0 && (
          <fieldset className={styles.fields}>
            <legend>{t('series.provider', { provider: connector!.name })}</legend>
            {fields.map((field) => (
              <SettingField
                key={field.key}
                field={field}
                value={settings[field.key]}
                // Red until it is saved with a value.
                error={wrong(`settings.${field.key}`) && t(settings[field.key] === undefined ? 'series.fill' : 'series.proposed')}
                connectionId={form.connectionId!}
                series={all}
                onChange={(value) => set({ settings: { ...settings, [field.key]: value } })}
              />
            ))}
          </fieldset>
        )}
        <Checkbox
          label={t('series.isDefault')}
          checked={form.isDefault ?? false}
          onChange={(e) => set({ isDefault: e.currentTarget.checked })}
        />
        <Switch
          label={t('series.auto')}
          description={t('series.autoAbout')}
          checked={form.autoIssue ?? false}
          onChange={(e) => set({ autoIssue: e.currentTarget.checked })}
        />
        {series && (
          <Switch label={t('series.active')} checked={form.active ?? true} onChange={(e) => set({ active: e.currentTarget.checked })} />
        )}
        <div className={`${styles.buttons} ${styles.end}`}>
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const isAbout = (f: Found, field: string) => [field, `series.${field}`].some((path) => f.where === path || f.where?.startsWith(`${path}.`));

/** Every number explained; gaps must be none. */
function RegisterOf({ series }: { series: Series }) {
  const t = useT();
  const { money, time, day } = useFormats();
  const pages = usePages<Register>(['register', series.id], `/series/${series.id}/register`, {});
  const { list, rows } = pages;
  const gaps = list.data?.pages[0]?.gaps ?? [];
  return (
    <Section title={t('series.registerOf', { name: series.name })} about={gaps.length === 0 ? t('series.noGaps') : undefined} flush>
      {gaps.map((g) => (
        <div key={`${g.period}${g.from}`} role="alert" style={{ padding: '6px 18px', color: 'var(--bad)' }}>
          {t('series.gap', { period: g.period, from: String(g.from), to: String(g.to) })}
        </div>
      ))}
      {isLost(list.error, list.data) ? (
        <Failed error={list.error} retry={() => void list.refetch()} />
      ) : (
        <>
          <Table
            label={t('series.register')}
            rows={rows}
            empty={<Empty icon="hash" title={t('series.registerEmpty')} />}
            id={(r) => `${r.period}-${r.sequenceNo}`}
            columns={[
              { title: t('field.number'), cell: (r) => <Link to={`/documents/${r.documentId}`}>{r.number}</Link> },
              { title: t('series.taken'), cell: (r) => time(r.allocatedAt) },
              { title: t('field.buyer'), grow: true, cell: (r) => r.buyerName },
              {
                title: t('field.state'),
                cell: (r) =>
                  r.givenUpAt
                    ? `${t('series.givenUp')}: ${r.reason ?? ''}`
                    : `${t(`state.${r.state as 'issued'}`)}${r.archivedAt ? ` ${day(r.archivedAt)}` : ''}`,
              },
              { title: t('field.gross'), end: true, cell: (r) => money(r.gross, r.currency) },
            ]}
          />
          <More of={pages} />
        </>
      )}
    </Section>
  );
}
