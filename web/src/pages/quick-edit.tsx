import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { DocumentRow } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';

export type QuickField = 'kind' | 'name' | 'taxId' | 'email';

/** One field of one row, changed without opening it: type, Enter, on. */
export default function QuickEdit({ row, field, onClose }: { row: DocumentRow; field: QuickField; onClose: () => void }) {
  const t = useT();
  const client = useQueryClient();
  const before = { kind: row.kind, name: row.buyerName, taxId: row.buyerTaxId ?? '', email: row.buyerEmail ?? '' }[field];
  const [value, setValue] = useState<string>(before);
  const refresh = () =>
    client.invalidateQueries({ predicate: (q) => ['documents', 'document', 'count', 'home'].includes(String(q.queryKey[0])) });
  const write = (next: string, version?: number) =>
    field === 'kind'
      ? api.post(`/documents/${row.id}/kind`, { kind: next })
      : api.patch(`/documents/${row.id}`, { version, set: setOf(row, field, next.trim()) });
  const save = useMutation({
    mutationFn: () => write(value, row.version),
    onSuccess: () => {
      onClose();
      toast({
        text: t('quick.saved', { field: t(`quick.${field}`) }),
        undo: () => void write(before).then(refresh, (error: Error) => toast({ error })),
      });
      return refresh();
    },
    onError: (error) => toast({ error }),
  });
  return (
    <Dialog
      onClose={onClose}
      title={t('quick.title', { field: t(`quick.${field}`), name: row.buyerName || (row.orderNumber ?? '') })}
      size="sm"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (value === before) onClose();
          else save.mutate();
        }}
        style={{ display: 'flex', gap: 8, alignItems: 'flex-end' }}
      >
        {field === 'kind' ? (
          <NativeSelect
            style={{ flex: 1 }}
            data-autofocus
            aria-label={t('quick.kind')}
            value={value}
            onChange={(e) => setValue(e.target.value)}
            data={(['invoice', 'proforma', 'receipt'] as const).map((k) => ({ value: k, label: t(`kind.${k}`) }))}
          />
        ) : (
          <TextInput
            style={{ flex: 1 }}
            data-autofocus
            aria-label={t(`quick.${field}`)}
            type={field === 'email' ? 'email' : 'text'}
            value={value}
            onChange={(e) => setValue(e.target.value)}
            onFocus={(e) => e.target.select()}
          />
        )}
        <Button type="submit" loading={save.isPending}>
          {t('common.save')}
        </Button>
      </form>
    </Dialog>
  );
}

function setOf(row: DocumentRow, field: QuickField, value: string): Record<string, unknown> {
  if (field === 'taxId') return { 'buyer.taxIds': value ? [{ scheme: schemeOf(value, row.buyerCountry), value }] : [] };
  if (field === 'name') return { 'buyer.name': value || null, 'buyer.company': null };
  return { [`buyer.${field}`]: value || null };
}

/** The numbers of the three home countries by their names; anything with letters in front is a VAT number of the Union. */
function schemeOf(value: string, country: string | null): string {
  if (/^[A-Z]{2}\w/i.test(value)) return 'EU:VAT';
  return { PL: 'PL:NIP', HU: 'HU:ADOSZAM', SE: 'SE:ORGNR' }[country ?? 'PL'] ?? 'OTHER';
}
