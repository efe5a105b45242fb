import { Alert, Button, NativeSelect } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { BulkEditAnswer, BulkUndoAnswer, Selection, Series } from '../../../src/api/schemas/index.ts';
import { acceptableForMany } from '../../../src/domain/documents/acceptable.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useSession } from '../session.tsx';
import { languageNames, languages, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { DayInput } from '../ui/fields.tsx';
import { paymentMeans } from './payment-means.ts';

const what = [
  'kind',
  'seriesId',
  'issueDate',
  'saleDate',
  'dueDate',
  'payment.means',
  'language',
  'secondLanguage',
  'taxTreatment',
  'settle',
] as const;
type What = (typeof what)[number];
/** What the API takes at once. */
const maxBulkEdit = 10_000;

export default function BulkEdit({
  selection,
  count,
  onClose,
  onDone,
}: {
  selection: Selection;
  count: number;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTexts();
  const { number } = useFormats();
  const { organization } = useSession();
  const [field, setField] = useState<What>('kind');
  const [value, setValue] = useState('');
  const series = useQuery({
    queryKey: ['series'],
    queryFn: () => api.get<{ items: Series[] }>('/series'),
    enabled: field === 'seriesId',
    staleTime: 60_000,
  });
  const save = useMutation({
    mutationFn: () => api.post<BulkEditAnswer>('/documents/bulk-edit', { selection, ...changeOf(field, value) }),
    onSuccess: (answer) => {
      toast({
        text: t('bulk.saved', { count: answer.saved }),
        tone: 'good',
        ...(answer.saved > 0 ? { undo: () => void takeBack(answer.editId) } : {}),
      });
      if (answer.refused.length > 0) toast({ text: t('bulk.refused', { count: answer.refused.length }), tone: 'bad' });
      onDone();
    },
    onError: (error) => toast({ error }),
  });
  const takeBack = async (editId: string) => {
    try {
      const answer = await api.post<BulkUndoAnswer>(`/documents/bulk-edits/${editId}/undo`);
      toast({ text: t('bulk.undone', { count: answer.saved }), tone: 'good' });
      if (answer.refused.length > 0) toast({ text: t('bulk.notUndone', { count: answer.refused.length }), tone: 'bad' });
      onDone();
    } catch (error) {
      toast({ error });
    }
  };
  const tooMany = count > maxBulkEdit;
  const options: Record<What, { value: string; label: string }[]> = {
    kind: (['invoice', 'proforma', 'receipt'] as const).map((k) => ({ value: k, label: t(`kind.${k}`) })),
    seriesId: (series.data?.items ?? []).filter((s) => s.active).map((s) => ({ value: s.id, label: `${s.name} · ${t(`kind.${s.kind}`)}` })),
    issueDate: [],
    saleDate: [],
    dueDate: [],
    'payment.means': paymentMeans.map((m) => ({ value: m, label: t(`means.${m}`) })),
    language: languages.map((l) => ({ value: l, label: languageNames[l] })),
    secondLanguage: languages.map((l) => ({ value: l, label: languageNames[l] })),
    taxTreatment: (['domestic', 'intra_community', 'export', 'reverse_charge', 'destination'] as const).map((v) => ({
      value: v,
      label: t(`treatment.${v}`),
    })),
    settle: acceptableForMany.map((code) => ({ value: code, label: t(`hold.${code}`) })),
  };
  const isDay = field === 'issueDate' || field === 'saleDate' || field === 'dueDate';
  return (
    <Dialog onClose={onClose} title={t('bulk.title', { count })}>
      <form
        style={{ display: 'flex', flexDirection: 'column', gap: 14 }}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <NativeSelect
          data-autofocus
          label={t('bulk.what')}
          value={field}
          onChange={(e) => {
            setField(e.target.value as What);
            setValue('');
          }}
          data={what.map((w) => ({ value: w, label: t(`bulk.field.${w}`) }))}
        />
        {isDay ? (
          <DayInput key={field} label={t('bulk.value')} value={value || undefined} onChange={(day) => setValue(day ?? '')} />
        ) : (
          <NativeSelect
            label={t('bulk.value')}
            value={value}
            onChange={(e) => setValue(e.target.value)}
            data={[{ value: '', label: '—' }, ...options[field]]}
          />
        )}
        {tooMany ? (
          <Alert variant="light" color="red">
            {t('bulk.tooMany', { max: number(maxBulkEdit) })}
          </Alert>
        ) : (
          <Alert variant="light" color="gray">
            {t('bulk.about', { count, organization: organization.name })}
          </Alert>
        )}
        <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 8 }}>
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" disabled={!value || tooMany} loading={save.isPending}>
            {t('bulk.go', { count })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function changeOf(field: What, value: string): Record<string, unknown> {
  if (field === 'kind' || field === 'seriesId') return { [field]: value };
  if (field === 'settle') return { settle: [value] };
  return { set: { [field]: value } };
}
