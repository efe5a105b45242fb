import { Button, NativeSelect, TextInput } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { ImportProfile, InspectAnswer, PreviewAnswer } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords } from '../session.tsx';
import { type Key, useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { useReturnFocus } from '../ui/dialog.tsx';
import { Icon } from '../ui/icon.tsx';
import { Failed, Lines, Section } from '../ui/page.tsx';
import styles from './import.module.css';

type Proposal = NonNullable<InspectAnswer['proposal']>;
type Path = Proposal['paths'][number];

/** A layout nobody has seen: each path of the file beside the field it means, the first orders as they would become, totals proven. */
export default function Mapping({
  inspected,
  onClose,
  onSaved,
}: {
  inspected: InspectAnswer;
  onClose: () => void;
  onSaved: (profileId: string) => void;
}) {
  const t = useT();
  useReturnFocus();
  const proposal = inspected.proposal;
  const [paths, setPaths] = useState<Path[]>(proposal?.paths ?? []);
  const [currency, setCurrency] = useState(proposal?.profile.defaultCurrency ?? '');
  const [name, setName] = useState(inspected.name.replace(/\.\w+$/, ''));
  const profile = useMemo(() => profileOf(proposal, paths, currency), [proposal, paths, currency]);
  const preview = useQuery({
    queryKey: ['import-preview', inspected.uploadId, profile],
    enabled: profile !== undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => api.post<PreviewAnswer>('/imports/preview', { uploadId: inspected.uploadId, profile }, { signal }),
  });
  const save = useMutation({
    mutationFn: () => api.post<ImportProfile>('/import-profiles', { name: name.trim() || inspected.name, profile }),
    onSuccess: (saved) => {
      toast({ text: t('mapping.saved'), tone: 'good' });
      onSaved(saved.id);
    },
    onError: (error) => toast({ error }),
  });
  if (!proposal) return <Failed error={{ problem: { detail: t('mapping.nothing') } }} />;
  const flat = proposal.profile.line.at === '.';
  const choices = {
    order: { group: t('mapping.order'), items: inspected.orderFields.map((f) => ({ value: `order ${f}`, label: fieldName(t, f) })) },
    line: { group: t('mapping.line'), items: inspected.lineFields.map((f) => ({ value: `line ${f}`, label: fieldName(t, f) })) },
  };
  // A field is held by one path: whoever takes it takes it from the other.
  const set = (at: number, choice: string) =>
    setPaths((list) => {
      const [level, field] = choice.split(' ') as [Path['level'], string?];
      return list.map((p, i) => {
        if (i === at) return { ...p, level: field ? level : p.level, field };
        return field && p.field === field && p.level === level ? { ...p, field: undefined } : p;
      });
    });
  const missing = missingOf(paths);
  return (
    <Section title={t('mapping.title', { name: inspected.name })} about={t('mapping.about')}>
      <div className={styles.map}>
        <div className={styles.paths} role="group" aria-label={t('mapping.fields')} tabIndex={0}>
          {paths.map((path, i) => (
            <div key={path.path} className={styles.path}>
              <div style={{ minWidth: 0 }}>
                <code>{path.path}</code>
                <span className="dim cut" style={{ display: 'block' }} title={path.sample}>
                  {path.sample}
                </span>
              </div>
              <NativeSelect
                size="xs"
                aria-label={t('mapping.meaning', { path: path.path })}
                value={path.field ? `${path.level} ${path.field}` : ''}
                onChange={(e) => set(i, e.target.value)}
                data={[{ value: '', label: t('mapping.unused') }, ...(flat ? [choices.order, choices.line] : [choices[path.level]])]}
              />
            </div>
          ))}
        </div>
        <div className={styles.preview} aria-live="polite">
          <h3 style={{ margin: 0 }}>{t('mapping.first')}</h3>
          {preview.error && <Failed error={preview.error} />}
          {!preview.data && !preview.error && <Lines count={5} />}
          {(preview.data?.preview ?? proposal.preview).slice(0, 5).map((entry, i) => (
            <PreviewOrder key={i} entry={entry} />
          ))}
          {missing.length > 0 && (
            <div className={styles.warning}>{t('mapping.missing', { fields: missing.map((f) => fieldName(t, f)).join(', ') })}</div>
          )}
        </div>
      </div>
      <div className={styles.go}>
        <TextInput
          label={t('mapping.name')}
          value={name}
          onChange={(e) => setName(e.target.value)}
          style={{ marginRight: 'auto', minWidth: 240 }}
        />
        <TextInput
          label={t('mapping.currency')}
          value={currency}
          maxLength={3}
          onChange={(e) => setCurrency(e.target.value.toUpperCase())}
          style={{ width: 110 }}
        />
        <Button variant="default" onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button loading={save.isPending} disabled={!profile || missing.length > 0} onClick={() => save.mutate()}>
          {t('mapping.save')}
        </Button>
      </div>
    </Section>
  );
}

/** The proposed profile with the choices put in: fields by path, at the level of the order or of its lines. */
function profileOf(proposal: Proposal | null | undefined, paths: Path[], currency: string): Record<string, unknown> | undefined {
  if (!proposal) return undefined;
  const chosen = (level: Path['level']) =>
    Object.fromEntries(paths.filter((p) => p.level === level && p.field).map((p) => [p.field!, p.path]));
  const { order, line } = proposal.profile as { order: object; line: object };
  const defaultCurrency = /^[A-Z]{3}$/.test(currency) ? currency : null;
  return { ...proposal.profile, defaultCurrency, order: { ...order, fields: chosen('order') }, line: { ...line, fields: chosen('line') } };
}

/** Without these nothing is an order; a price may follow from the amount of the line. */
function missingOf(paths: Path[]): string[] {
  const has = (level: Path['level'], field: string) => paths.some((p) => p.level === level && p.field === field);
  return [
    ...['externalId', 'orderedAt'].filter((f) => !has('order', f)),
    ...['name', 'quantity'].filter((f) => !has('line', f)),
    ...(has('line', 'unitGross') || has('line', 'lineGross') ? [] : ['unitGross']),
  ];
}

/** `buyer.city` as "Buyer: city". */
function fieldName(t: ReturnType<typeof useT>, field: string): string {
  const [party, part] = field.includes('.') ? field.split('.') : [undefined, field];
  const name = t(`mapping.part.${part}` as Key);
  return party ? `${t(`mapping.${party}` as Key)}: ${name}` : name;
}

function PreviewOrder({ entry }: { entry: Proposal['preview'][number] }) {
  const t = useT();
  const { money } = useFormats();
  const words = useFindingWords();
  if (!entry.order)
    return <div className={styles.rejected}>{entry.rejected ? words(entry.rejected).text : t('outcome.rejected', { count: 1 })}</div>;
  const { order } = entry;
  return (
    <div className={styles.order}>
      <div>
        <strong>{order.number ?? order.externalId}</strong>
        <span>{order.buyer.name ?? [order.buyer.firstName, order.buyer.lastName].filter(Boolean).join(' ')}</span>
      </div>
      {order.lines.slice(0, 3).map((line) => (
        <div key={line.id}>
          <span className="cut">
            {line.quantity} × {line.name}
          </span>
          <span className="num">{money(line.gross, order.currency)}</span>
        </div>
      ))}
      <div className={styles.proof} data-ok={entry.totalsAgree ?? undefined}>
        <span>
          {entry.totalsAgree === undefined
            ? t('mapping.noTotal')
            : entry.totalsAgree
              ? t('mapping.agrees')
              : t('mapping.differs', { declared: money(entry.declaredTotal, order.currency) })}
        </span>
        <span className="num">
          <Icon name={entry.totalsAgree === false ? 'close' : 'check'} size={13} /> {money(entry.computedTotal, order.currency)}
        </span>
      </div>
    </div>
  );
}
