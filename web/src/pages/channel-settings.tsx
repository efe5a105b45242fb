import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueries, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Connection, Connector, Trial } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords } from '../session.tsx';
import { useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { Section } from '../ui/page.tsx';
import ProblemWords from '../ui/problem.tsx';
import { WayChip } from '../ui/status.tsx';
import styles from './channel.module.css';

type Field = Connector['settings'][number];
type Options = { value: string; label: string }[];
const parts = ['orders', 'documents', 'answers'] as const;

/** The basic configuration of a channel: chosen from its own lists as they are now, never typed, each with what it does and a way to try it. */
export function ChannelSettings({ connection, connector }: { connection: Connection; connector: Connector }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const fields = connector.settings.filter((field) => field.part);
  const [values, setValues] = useState<Record<string, unknown>>(() => ({
    ...Object.fromEntries(fields.filter((f) => f.default !== undefined).map((f) => [f.key, f.default])),
    ...Object.fromEntries(fields.map((f) => [f.key, connection.settings[f.key]]).filter(([, value]) => value !== undefined)),
  }));
  const names = [...new Set(fields.flatMap((field) => field.lookup ?? []))];
  const queries = useQueries({
    queries: names.map((name) => ({
      queryKey: ['options', connection.id, name],
      queryFn: () => api.get<{ items: Options }>(`/connections/${connection.id}/options/${name}`),
      staleTime: 5 * 60_000,
      retry: false,
    })),
  });
  const lists = new Map(names.map((name, i) => [name, queries[i]!]));
  const broken = queries.find((query) => query.error);
  const save = useMutation({
    mutationFn: () =>
      api.patch(`/connections/${connection.id}`, {
        settings: Object.fromEntries(fields.map((f) => [f.key, values[f.key] ?? (f.type === 'choices' ? [] : '')])),
      }),
    onSuccess: async () => {
      toast({ text: t('common.saved'), tone: 'good' });
      await client.invalidateQueries({ predicate: (q) => ['connections', 'pull'].includes(String(q.queryKey[0])) });
    },
    onError: (e: Error) => toast({ error: e }),
  });
  const changed = fields.some(
    (f) => JSON.stringify(values[f.key] ?? f.default ?? '') !== JSON.stringify(connection.settings[f.key] ?? f.default ?? ''),
  );
  return (
    <Section title={t('channel.basic')} about={t('channel.basicAbout')}>
      {broken && (
        <div className={styles.trial} data-tone="bad" role="alert">
          <Icon name="alert" size={16} />
          <span>
            {t('channel.listsFail')} <ProblemWords error={broken.error} />
          </span>
          <Button size="compact-sm" variant="default" onClick={() => queries.forEach((query) => void query.refetch())}>
            {t('common.retry')}
          </Button>
        </div>
      )}
      <form
        className={styles.parts}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {parts.map((part) => (
          <fieldset key={part} className={styles.part}>
            <legend>{t(`channel.part.${part}`)}</legend>
            {fields
              .filter((field) => field.part === part)
              .map((field) => (
                <OneField
                  key={field.key}
                  field={field}
                  connectionId={connection.id}
                  value={values[field.key]}
                  list={field.lookup ? lists.get(field.lookup)?.data?.items : undefined}
                  waiting={field.lookup !== undefined && (lists.get(field.lookup)?.isPending ?? false)}
                  onChange={(value) => setValues((all) => ({ ...all, [field.key]: value }))}
                />
              ))}
          </fieldset>
        ))}
        <div className={styles.ways} style={{ justifyContent: 'flex-start' }}>
          <Button type="submit" loading={save.isPending} disabled={!changed}>
            {t('common.save')}
          </Button>
          {changed && <span className="dim">{t('channel.unsaved')}</span>}
        </div>
      </form>
    </Section>
  );
}

type FieldProps = {
  field: Field;
  connectionId: string;
  value: unknown;
  list: Options | undefined;
  waiting: boolean;
  onChange: (value: unknown) => void;
};

function OneField({ field, connectionId, value, list, waiting, onChange }: FieldProps) {
  const { t } = useTexts();
  const tryIt = useMutation({
    mutationFn: () =>
      api.post<Trial>(`/connections/${connectionId}/try`, {
        setting: field.key,
        ...(typeof value === 'string' && value !== '' ? { value } : {}),
      }),
  });
  return (
    <div className={styles.field}>
      <Control field={field} value={value} list={list} waiting={waiting} onChange={onChange} />
      {field.canTry && (
        <Button variant="default" size="sm" loading={tryIt.isPending} onClick={() => tryIt.mutate()}>
          {t('channel.try')}
        </Button>
      )}
      {(tryIt.data || tryIt.error) && <TrialLine trial={tryIt.data} error={tryIt.error} />}
    </div>
  );
}

function Control({ field, value, list, waiting, onChange }: Omit<FieldProps, 'connectionId'>) {
  const { t, language } = useTexts();
  const common = { label: field.label[language], description: field.help?.[language] };
  if (field.type === 'boolean')
    return (
      <Checkbox {...common} checked={value === true} onChange={(e) => onChange(e.currentTarget.checked)} style={{ alignSelf: 'center' }} />
    );
  if (field.type === 'choices') {
    const chosen = Array.isArray(value) ? (value as string[]) : [];
    const gone = chosen
      .filter((v) => list && !list.some((o) => o.value === v))
      .map((v) => ({ value: v, label: t('channel.noLonger', { value: v }) }));
    return (
      <Checkbox.Group {...common} value={chosen} onChange={onChange}>
        <div className={styles.choices}>
          {waiting ? (
            <span className="dim">{t('channel.loading')}</span>
          ) : (
            [...(list ?? chosen.map((v) => ({ value: v, label: v }))), ...gone].map((o) => (
              <Checkbox key={o.value} value={o.value} label={o.label} />
            ))
          )}
        </div>
      </Checkbox.Group>
    );
  }
  if (field.type === 'select') {
    const chosen = typeof value === 'string' ? value : '';
    const options = field.options?.map((o) => ({ value: o.value, label: o.label[language] })) ?? list ?? [];
    const missing = chosen !== '' && !options.some((o) => o.value === chosen);
    return (
      <NativeSelect
        {...common}
        value={chosen}
        disabled={waiting}
        error={missing && list ? t('channel.noLonger', { value: chosen }) : undefined}
        onChange={(e) => onChange(e.target.value)}
        data={[
          ...(field.default === undefined ? [{ value: '', label: waiting ? t('channel.loading') : t('channel.notChosen') }] : []),
          ...options,
          ...(missing ? [{ value: chosen, label: list ? t('channel.noLonger', { value: chosen }) : chosen }] : []),
        ]}
      />
    );
  }
  return (
    <TextInput
      {...common}
      type={field.type === 'date' ? 'date' : field.type === 'number' ? 'number' : 'text'}
      value={String(value ?? '')}
      maxLength={field.maxLength}
      onChange={(e) => onChange(field.type === 'number' ? (e.target.value === '' ? undefined : Number(e.target.value)) : e.target.value)}
    />
  );
}

function TrialLine({ trial, error }: { trial: Trial | undefined; error: Error | null }) {
  const { t } = useTexts();
  const { ago } = useFormats();
  const words = useFindingWords();
  const bad = error !== null || trial?.result === 'missing';
  return (
    <div className={styles.trial} data-tone={bad ? 'bad' : trial?.result === 'empty' ? undefined : 'good'} role="status">
      <Icon name={bad ? 'cause' : trial?.result === 'empty' ? 'help' : 'complete'} size={16} />
      <span>
        {error ? <ProblemWords error={error} /> : trial && t(`trial.${trial.result}`, trial.params)}
        {trial?.cause && ` ${words(trial.cause).text}`}
        {trial?.last && ` ${t('trial.last', { order: trial.last.orderNumber, when: ago(trial.last.at) })} `}
        {trial?.last && <WayChip status={trial.last.status} />}
      </span>
    </div>
  );
}
