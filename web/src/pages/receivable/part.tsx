import { Button, Tooltip } from '@mantine/core';
import type { Receivable, Verb } from '../../../../src/api/schemas/receivables.ts';
import { fileAddress } from '../../api.ts';
import { useFormats } from '../../format.ts';
import { useFindingWords, useSession } from '../../session.tsx';
import { useT } from '../../texts.ts';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { Facts, Section } from '../../ui/page.tsx';
import { Chip } from '../../ui/status.tsx';
import { Table } from '../../ui/table.tsx';
import type { PartShown } from '../receivable.tsx';
import styles from './receivable.module.css';
import { ClaimChip } from './state.tsx';

const verbIcons: Partial<Record<Verb, IconName>> = {
  activate: 'play',
  cancel: 'close',
  replace: 'swap',
  send: 'send',
  extend: 'clock',
  credit: 'undo',
  adjust: 'percent',
  prolong: 'refresh',
};
function PartFacts({ claim, part }: { claim: Receivable; part: PartShown }) {
  const t = useT();
  const { money, day } = useFormats();
  const { currency } = claim;
  return (
    <Facts
      items={[
        [t('receivable.total'), money(part.sums.total, currency)],
        [t('receivable.left'), part.state === 'active' ? <strong key="l">{money(part.sums.remaining.gross, currency)}</strong> : undefined],
        [
          t('receivable.creditedSum'),
          Number(part.sums.credited) !== 0 && part.state !== 'replaced' ? money(part.sums.credited, currency) : undefined,
        ],
        [
          t('field.dueDate'),
          part.dueDate && (
            <span key="d" className={styles.chips}>
              {day(part.dueDate)}
              {part.extended && <Chip tone="info">{t('receivable.extended')}</Chip>}
            </span>
          ),
        ],
        [t('receivable.expires'), part.state === 'pending' ? day(part.expiresAt) : undefined],
        [
          t('receivable.reference'),
          part.reference && (
            <span key="r" className={styles.figure}>
              {part.reference}
            </span>
          ),
        ],
        [t('receivable.lowest'), part.lowest && money(part.lowest, currency)],
        [t('receivable.aliases'), part.aliases.join(', ')],
        [
          t('receivable.pdf'),
          part.pdfs.length > 0 ? (
            part.pdfs.map((file, i) => (
              <a
                key={file.fileId}
                href={fileAddress(`/receivables/${claim.id}/parts/${part.seq}/pdf`, { version: i + 1 })}
                target="_blank"
                rel="noreferrer"
              >
                {part.pdfs.length > 1 ? t('receivable.pdfVersion', { number: i + 1 }) : t('receivable.pdfOpen')}{' '}
              </a>
            ))
          ) : part.pdfPending ? (
            <span key="p" className="dim">
              {t('receivable.pdfPending')}
            </span>
          ) : undefined,
        ],
      ]}
    />
  );
}

function Rows({ claim, part }: { claim: Receivable; part: PartShown }) {
  const t = useT();
  const { money, number } = useFormats();
  const { currency } = claim;
  const rows = [
    ...part.rows.map((row) => ({ ...row, adjustment: false })),
    ...part.adjustments.map((a, i) => ({
      articleId: `${a.articleId}#${i}`,
      name: a.name,
      quantity: 1,
      credited: 0,
      unitPrice: a.amount,
      vat: a.vat,
      adjustment: true,
    })),
  ];
  const anyCredited = rows.some((row) => row.credited > 0);
  return (
    <>
      <div className={styles.partRows}>
        <Table
          label={t('field.lines')}
          rows={rows}
          id={(r) => `${r.articleId}${r.unitPrice}${r.vat}`}
          columns={[
            {
              title: t('field.what'),
              grow: true,
              cell: (r) => (
                <>
                  {r.name}{' '}
                  {r.adjustment ? <Chip tone="info">{t('receivable.adjustment')}</Chip> : <span className="dim">{r.articleId}</span>}
                </>
              ),
            },
            { title: t('field.quantity'), end: true, cell: (r) => (r.adjustment ? '' : number(r.quantity)) },
            ...(anyCredited
              ? [{ title: t('receivable.credited'), end: true, cell: (r: (typeof rows)[number]) => (r.credited ? number(r.credited) : '') }]
              : []),
            { title: t('field.priceGross'), end: true, cell: (r) => money(r.unitPrice, currency) },
            { title: t('field.rate'), end: true, cell: (r) => `${number(r.vat)} %` },
          ]}
        />
      </div>
      <p className={styles.split}>
        {part.sums.remaining.byRate
          .map((r) => t('receivable.vatSplit', { rate: number(r.vat), tax: money(r.tax, currency), net: money(r.net, currency) }))
          .join(' · ')}
      </p>
    </>
  );
}

export function PartCard({ claim, part, onVerb }: { claim: Receivable; part: PartShown; onVerb: (verb: Verb) => void }) {
  const t = useT();
  const words = useFindingWords();
  const { can } = useSession();
  const first =
    part.state === 'active' ? (['send', 'credit', 'extend', 'adjust'] as Verb[]) : (['activate', 'replace', 'cancel', 'prolong'] as Verb[]);
  const buttons = first.flatMap((verb) => part.buttons.find((b) => b.verb === verb) ?? []);
  return (
    <Section title={t('receivable.part', { seq: part.seq, number: part.number || '–' })} actions={<ClaimChip state={part.state} />}>
      <PartFacts claim={claim} part={part} />
      <Rows claim={claim} part={part} />
      {can('send') && (
        <div className={styles.buttons} role="group" aria-label={t('receivable.what')}>
          {buttons.map(({ verb, enabled, reason }) => {
            const why = reason && words(reason);
            const button = (
              <Button
                key={verb}
                variant={verb === 'activate' ? 'filled' : 'default'}
                color={verb === 'cancel' ? 'red' : undefined}
                leftSection={verbIcons[verb] && <Icon name={verbIcons[verb]} size={15} />}
                data-disabled={!enabled || undefined}
                aria-disabled={!enabled}
                aria-describedby={why ? `why-${part.seq}-${verb}` : undefined}
                onClick={() => enabled && onVerb(verb)}
              >
                {t(`verb.${verb}`)}
              </Button>
            );
            return why ? (
              <Tooltip key={verb} label={`${why.text} ${why.remedy ?? ''}`} multiline w={300}>
                <span>
                  {button}
                  <span id={`why-${part.seq}-${verb}`} className="hidden">
                    {why.text} {why.remedy}
                  </span>
                </span>
              </Tooltip>
            ) : (
              button
            );
          })}
        </div>
      )}
      {part.state === 'on_hold' && <p className="dim">{t('receivable.onHold')}</p>}
    </Section>
  );
}

/** What is over stays to be read, folded. */
export function ClosedPart({ claim, part }: { claim: Receivable; part: PartShown }) {
  const t = useT();
  const { money } = useFormats();
  return (
    <details className={styles.closed}>
      <summary>
        <span>{t('receivable.part', { seq: part.seq, number: part.number || '–' })}</span>
        <ClaimChip state={part.state} />
        <span className={styles.closedSum}>{money(part.sums.total, claim.currency)}</span>
      </summary>
      <div className={styles.closedBody}>
        <PartFacts claim={claim} part={part} />
        <Rows claim={claim} part={part} />
      </div>
    </details>
  );
}
