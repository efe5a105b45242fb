import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import { Table } from './table.tsx';

/** Row by row: where a document and what its buyer paid part. */
export function CentProof({ proof, currency }: { proof: DocumentDetail['proof']; currency: string }) {
  const t = useT();
  const { money } = useFormats();
  if (!proof || proof.rows.length === 0) return null;
  const nameOf = (row: (typeof proof.rows)[number]) =>
    row.kind === 'declared' || row.kind === 'rounding' ? t(`proof.${row.kind}`) : row.name || t('orders.delivery');
  return (
    <Table
      label={t('proof.title')}
      rows={proof.rows}
      id={(row) => `${row.kind}${row.name}`}
      columns={[
        { title: t('proof.title'), cell: nameOf, grow: true },
        { title: t('field.order'), cell: (row) => money(row.order, currency), end: true },
        { title: t('keys.document'), cell: (row) => money(row.document, currency), end: true },
        { title: t('correct.difference'), cell: (row) => money(row.difference, currency), end: true },
      ]}
    />
  );
}
