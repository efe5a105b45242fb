import { Button } from '@mantine/core';
import { type InfiniteData, type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { DocumentDetail, DocumentRow, Page } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Choice, Field } from '../ui/fields.tsx';
import styles from './to-issue.module.css';

const quickFields = ['kind', 'name', 'taxId', 'email'] as const;
export type QuickField = (typeof quickFields)[number];
type Written = { version: number };

type Props = {
  row: DocumentRow;
  field: QuickField;
  /** In its cell; otherwise in a dialog, where the row has no room for the column. */
  inline: boolean;
  /** Done or given up; `to` is the field to go on with. */
  onClose: (to?: QuickField) => void;
};

/** One field of one row, changed without opening it: type, Enter, on. Tab goes on to the next field of the row, Escape leaves it as it was. */
export default function QuickEdit({ row, field, inline, onClose }: Props) {
  const t = useT();
  const client = useQueryClient();
  const before: string = { kind: row.kind, name: row.buyerName, taxId: row.buyerTaxId ?? '', email: row.buyerEmail ?? '' }[field];
  const [value, setValue] = useState(before);
  const over = useRef(false);
  const refresh = () =>
    client.invalidateQueries({ predicate: (q) => ['documents', 'document', 'count', 'home'].includes(String(q.queryKey[0])) });
  const write = async (next: string, version?: number) => {
    if (field === 'kind') return api.post<Written>(`/documents/${row.id}/kind`, { kind: next });
    // Rows do not tell whether a person is named beside the company.
    const buyer = field === 'name' ? (await api.get<DocumentDetail>(`/documents/${row.id}`)).content.buyer : {};
    return api.patch<Written>(`/documents/${row.id}`, { version, set: setOf({ ...row, buyer }, field, next.trim()) });
  };
  const save = useMutation({
    // One after the other on one row: the next field is saved on top of what the one before has made.
    scope: { id: row.id },
    mutationFn: () => write(value, versionOf(client, row)),
    onMutate: () => showInRows(client, row.id, shownAs(field, value.trim())),
    onSuccess: ({ version }) => {
      showInRows(client, row.id, { version });
      toast({
        text: t('quick.saved', { field: t(`quick.${field}`) }),
        undo: () => void write(before).then(refresh, (error: Error) => toast({ error })),
      });
      return refresh();
    },
    onError: (error) => {
      showInRows(client, row.id, shownAs(field, before));
      toast({ error });
    },
  });
  /** Once: Enter also takes the focus away, and that ends the edit too. */
  const finish = (to?: QuickField, keep = true) => {
    if (over.current) return;
    over.current = true;
    if (keep && value.trim() !== before) save.mutate();
    onClose(to);
  };
  const label = t(`quick.${field}`);
  const kinds = (['invoice', 'proforma', 'receipt'] as const).map((k) => ({ value: k, label: t(`kind.${k}`) }));
  if (!inline) {
    return (
      <Dialog
        onClose={() => finish(undefined, false)}
        title={t('quick.title', { field: label, name: row.buyerName || (row.orderNumber ?? '') })}
        size="sm"
      >
        <form
          className={styles.quick}
          onSubmit={(event) => {
            event.preventDefault();
            finish();
          }}
        >
          {field === 'kind' ? (
            <Choice data-autofocus aria-label={label} value={value} onChange={(e) => setValue(e.target.value)} data={kinds} />
          ) : (
            <Field
              data-autofocus
              aria-label={label}
              type={field === 'email' ? 'email' : 'text'}
              value={value}
              onChange={(e) => setValue(e.target.value)}
              onFocus={(e) => e.target.select()}
            />
          )}
          <Button type="submit">{t('common.save')}</Button>
        </form>
      </Dialog>
    );
  }
  const common = {
    className: styles.inline,
    'aria-label': label,
    autoFocus: true,
    value,
    onBlur: () => finish(),
    onKeyDown: (event: React.KeyboardEvent) => {
      const step = event.key === 'Tab' ? quickFields[quickFields.indexOf(field) + (event.shiftKey ? -1 : 1)] : undefined;
      if (event.key === 'Escape') finish(undefined, false);
      else if (event.key === 'Enter') finish();
      else if (step) finish(step);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
  return field === 'kind' ? (
    <select {...common} onChange={(e) => setValue(e.target.value)}>
      {kinds.map((k) => (
        <option key={k.value} value={k.value}>
          {k.label}
        </option>
      ))}
    </select>
  ) : (
    <input
      {...common}
      type={field === 'email' ? 'email' : 'text'}
      autoComplete="off"
      onChange={(e) => setValue(e.target.value)}
      onFocus={(e) => e.target.select()}
    />
  );
}

const shownAs = (field: QuickField, value: string): Partial<DocumentRow> =>
  ({
    kind: { kind: value as DocumentRow['kind'] },
    name: { buyerName: value },
    taxId: { buyerTaxId: value || null },
    email: { buyerEmail: value || null },
  })[field];

type Lists = InfiniteData<Page<DocumentRow>> | undefined;

/** The version of the row as the lists know it by now. */
function versionOf(client: QueryClient, row: DocumentRow): number {
  const known = client
    .getQueriesData<Lists>({ queryKey: ['documents'] })
    .flatMap(([, list]) => list?.pages?.flatMap((page) => page.items.filter((one) => one.id === row.id)) ?? []);
  return Math.max(row.version, ...known.map((one) => one.version));
}

/** The row as it will be, in every list that holds it, before the server has answered. */
function showInRows(client: QueryClient, id: string, change: Partial<DocumentRow>): void {
  client.setQueriesData<Lists>({ queryKey: ['documents'] }, (list) =>
    list?.pages
      ? {
          ...list,
          pages: list.pages.map((page) =>
            page.items.some((row) => row.id === id)
              ? { ...page, items: page.items.map((row) => (row.id === id ? { ...row, ...change } : row)) }
              : page,
          ),
        }
      : list,
  );
}

type Changing = Pick<DocumentRow, 'buyerCountry'> & { buyer?: { company?: string; name?: string } };

/**
 * The edit that a field means. The number in the row is the buyer's first: a VAT number of the Union beside it stays. So does a person who is
 * named beside his company, for the row shows the company.
 */
export function setOf({ buyer, ...row }: Changing, field: QuickField, value: string): Record<string, unknown> {
  if (field === 'taxId') return { 'buyer.taxIds.0': value ? { scheme: schemeOf(value, row.buyerCountry), value } : null };
  if (field === 'name' && buyer?.company && buyer.name && buyer.name !== buyer.company) return { 'buyer.company': value || null };
  if (field === 'name') return { 'buyer.name': value || null, 'buyer.company': null };
  return { [`buyer.${field}`]: value || null };
}

/** The numbers of the three home countries by their names; anything with letters in front is a VAT number of the Union. */
function schemeOf(value: string, country: string | null): string {
  if (/^[A-Z]{2}\w/i.test(value)) return 'EU:VAT';
  return { PL: 'PL:NIP', HU: 'HU:ADOSZAM', SE: 'SE:ORGNR' }[country ?? 'PL'] ?? 'OTHER';
}
