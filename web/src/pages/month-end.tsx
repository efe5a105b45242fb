import { ActionIcon, Button, Checkbox, Tooltip } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { BooksCheck, ExportFile } from '../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../api.ts';
import { useFormats } from '../format.ts';
import { useFindingWords, useSession } from '../session.tsx';
import { type Key, locales, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Empty, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { Table } from '../ui/table.tsx';
import { useToday } from '../ui/today.ts';
import { useFilter } from '../ui/use-documents.ts';
import { BooksForm } from './books-form.tsx';
import styles from './month-end.module.css';

type TaxFile = BooksCheck['taxFiles'][number];
type Finding = TaxFile['findings'][number];

/** The month that is usually closed: the one before today's. */
const lastMonth = (today: string): string => shifted(today.slice(0, 7), -1);

function shifted(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number);
  return new Date(Date.UTC(year!, number! - 1 + by, 1)).toISOString().slice(0, 7);
}

function daysOf(month: string): { from: string; to: string } {
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).getUTCDate();
  return { from: `${month}-01`, to: `${month}-${String(last).padStart(2, '0')}` };
}

const fileNames: Record<TaxFile['file'], Key> = { v7: 'month.v7', fa: 'month.fa' };

/** What goes to the accountant: first what is missing of the month, then everything in one archive. */
export default function MonthEnd() {
  const { t, language } = useTexts();
  const { organization } = useSession();
  const { filter, change } = useFilter(['month']);
  const today = useToday();
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(filter.month ?? '') ? filter.month! : lastMonth(today);
  const period = daysOf(month);
  const form = useRef<HTMLDivElement>(null);
  const check = useQuery({
    queryKey: ['books', 'check', period],
    queryFn: ({ signal }) => api.get<BooksCheck>('/books/check', period, signal),
    placeholderData: keepPreviousData,
  });
  const { data, error, refetch } = check;
  const polish = organization.country === 'PL';
  const sound = data?.completeness.complete === true && data.taxFiles.every((file) => file.ready);
  const monthName = new Intl.DateTimeFormat(locales[language], { month: 'long', year: 'numeric', timeZone: 'UTC' });
  const go = (by: number) => change({ month: shifted(month, by) });
  const toField = (where: string) => {
    const field = form.current?.querySelector<HTMLElement>(`[name="${where.replace(/^books\./, '')}"]`);
    field?.scrollIntoView({ block: 'center' });
    field?.focus();
  };
  return (
    <Page
      title={t('nav.monthEnd')}
      help="month-end"
      about={t('month.about')}
      actions={
        <Button
          component="a"
          href={fileAddress('/books/pack.zip', { ...period, language })}
          download
          variant={sound ? 'filled' : 'default'}
          leftSection={<Icon name="download" size={16} />}
        >
          {t(data === undefined || sound ? 'month.pack' : 'month.packWithGaps')}
        </Button>
      }
    >
      <div className={styles.month} role="group" aria-label={t('month.month')}>
        <Tooltip label={t('month.previous')}>
          <ActionIcon variant="default" size={34} aria-label={t('month.previous')} onClick={() => go(-1)}>
            <Icon name="left" size={17} />
          </ActionIcon>
        </Tooltip>
        <h2 aria-live="polite">{monthName.format(new Date(`${period.from}T00:00:00Z`))}</h2>
        <Tooltip label={t('month.next')}>
          <ActionIcon variant="default" size={34} aria-label={t('month.next')} onClick={() => go(1)}>
            <Icon name="right" size={17} />
          </ActionIcon>
        </Tooltip>
        {data && <span className="dim">{t('month.documents', { count: data.documents.reduce((sum, d) => sum + d.count, 0) })}</span>}
      </div>
      {isLost(error, data) ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Section>
          <Lines />
        </Section>
      ) : (
        <>
          <Before data={data} month={month} period={period} onJump={polish ? toField : undefined} />
          <Sold data={data} />
          <Programs data={data} period={period} />
          {polish && (
            <div ref={form}>
              <BooksForm missing={missingIn(data)} />
            </div>
          )}
        </>
      )}
    </Page>
  );
}

/** Places of the form that the tax files miss: a finding may name several fields at the first of them. */
const missingIn = ({ taxFiles }: BooksCheck): string[] => [
  ...new Set(
    taxFiles
      .flatMap((file) => file.findings)
      .flatMap(({ where = '', params }) =>
        where.startsWith('books.') ? [where, ...(params?.fields?.split(', ') ?? []).map((name) => `books.${name}`)] : [where],
      ),
  ),
];

/** One line for each thing that leaves: is it whole, may it be downloaded, what to look at. */
function Before({
  data,
  month,
  period,
  onJump,
}: {
  data: BooksCheck;
  month: string;
  period: { from: string; to: string };
  onJump?: (where: string) => void;
}) {
  const { t } = useTexts();
  const { complete, breaks, gaps } = data.completeness;
  return (
    <Section title={t('month.before')}>
      <ul className={styles.checks}>
        <li data-tone={complete ? 'good' : 'bad'}>
          <Icon name={complete ? 'complete' : 'cause'} size={19} />
          <span className={styles.what}>{complete ? t('month.complete') : t('month.breaks', { count: breaks + gaps })}</span>
          {!complete && (
            <Button size="compact-sm" variant="light" component={Link} to={`/completeness?from=${period.from}&to=${period.to}`}>
              {t('month.look')}
            </Button>
          )}
        </li>
        {data.taxFiles.map((file, i) => (
          <TaxLine key={file.file} file={file} said={data.taxFiles.slice(0, i).flatMap((f) => f.findings)} month={month} onJump={onJump} />
        ))}
      </ul>
    </Section>
  );
}

function TaxLine({
  file,
  said,
  month,
  onJump,
}: {
  file: TaxFile;
  /** What stands above already is not said twice. */
  said: Finding[];
  month: string;
  onJump?: (where: string) => void;
}) {
  const { t } = useTexts();
  const fresh = file.findings.filter((f) => !said.some((s) => s.code === f.code && s.documentId === f.documentId));
  const notes = file.findings.filter((f) => f.level !== 'hold').length;
  const empty = file.findings.some((f) => f.code === 'H_BOOKS_NOTHING');
  return (
    <li data-tone={file.ready ? (notes > 0 ? 'wait' : 'good') : empty ? 'plain' : 'bad'}>
      <Icon name={file.ready ? (notes > 0 ? 'alert' : 'complete') : 'cause'} size={19} />
      <span className={styles.what}>
        <strong>{t(fileNames[file.file])}</strong>
        <span className="dim">
          {[
            file.ready ? t('month.ready') : t('month.held'),
            t('month.documents', { count: file.documents }),
            notes > 0 && t('month.warnings', { count: notes }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
      {file.ready && (
        <Button size="compact-sm" variant="light" component="a" href={fileAddress(`/books/${file.file}.xml`, { month })} download>
          {t('month.download')}
        </Button>
      )}
      {fresh.length > 0 && <Grouped findings={fresh} more={file.more} onJump={onJump} />}
    </li>
  );
}

const shownDocuments = 5;

/** One sentence a code, with the documents it is about: a hundred invoices without a number are one thing to know. */
function Grouped({ findings, more, onJump }: { findings: Finding[]; more: boolean; onJump?: (where: string) => void }) {
  const { t } = useTexts();
  const words = useFindingWords();
  const groups = useMemo(() => {
    const byCode = new Map<string, Finding[]>();
    for (const finding of findings) byCode.set(finding.code, [...(byCode.get(finding.code) ?? []), finding]);
    return [...byCode.values()].sort((a, b) => Number(b[0]!.level === 'hold') - Number(a[0]!.level === 'hold'));
  }, [findings]);
  return (
    <ul className={styles.notes}>
      {groups.map((group) => {
        const [first] = group;
        const { text, remedy } = words(first!);
        const ours = first!.where?.startsWith('books.') ?? false;
        return (
          <li key={first!.code} data-level={first!.level}>
            <div className={styles.said}>
              <div>{text}</div>
              {remedy && <div className="dim">{remedy}</div>}
              {first!.documentId && (
                <div className={styles.documents}>
                  {group.slice(0, shownDocuments).map((f) => (
                    <Link key={f.documentId} to={`/documents/${f.documentId}`}>
                      {f.number}
                    </Link>
                  ))}
                  {group.length > shownDocuments && (
                    <span className="dim">{t('month.moreDocuments', { count: group.length - shownDocuments })}</span>
                  )}
                </div>
              )}
            </div>
            {ours && onJump && (
              <Button size="compact-sm" variant="light" onClick={() => onJump(first!.where!)}>
                {t('findings.jump')}
              </Button>
            )}
          </li>
        );
      })}
      {more && <li className="dim">{t('month.moreFindings')}</li>}
    </ul>
  );
}

function Sold({ data }: { data: BooksCheck }) {
  const { t } = useTexts();
  const { money, number } = useFormats();
  if (data.documents.length === 0)
    return (
      <Section>
        <Empty icon="document" title={t('month.nothing')}>
          {t('month.nothingText')}
        </Empty>
      </Section>
    );
  return (
    <Section title={t('month.sold')} flush>
      <Table
        label={t('month.sold')}
        rows={data.documents}
        id={(d) => `${d.kind}${d.currency}`}
        columns={[
          { title: t('field.kind'), grow: true, cell: (d) => t(`kind.${d.kind}`) },
          { title: t('month.count'), end: true, cell: (d) => number(d.count) },
          { title: t('field.net'), end: true, cell: (d) => money(d.net, d.currency) },
          { title: t('field.tax'), end: true, cell: (d) => money(d.tax, d.currency) },
          { title: t('field.gross'), end: true, cell: (d) => money(d.gross, d.currency) },
        ]}
      />
    </Section>
  );
}

type Made = ExportFile & { alreadyOut: number };

/** Files that a person carries to the program: made here, kept below. */
function Programs({ data, period }: { data: BooksCheck; period: { from: string; to: string } }) {
  const { t } = useTexts();
  const { number, time, bytes } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const [again, setAgain] = useState(false);
  const files = useQuery({ queryKey: ['books', 'files'], queryFn: () => api.get<{ items: ExportFile[] }>('/books/files') });
  const make = useMutation({
    mutationFn: (way: BooksCheck['ways'][number]) =>
      api.post<Made>('/books/files', { connector: way.connector, connectionId: way.connectionId ?? undefined, ...period, again }),
    onSuccess: (made) => {
      toast({ text: t('month.made', { name: made.name, count: made.documents }), tone: 'good' });
      if (made.refused.length > 0) toast({ text: t('month.refused', { count: made.refused.length }), tone: 'bad' });
      window.location.assign(fileAddress(`/books/files/${made.id}/content`));
      setAgain(false);
      return client.invalidateQueries({ queryKey: ['books'] });
    },
    onError: (e) => toast({ error: e }),
  });
  return (
    <Section title={t('month.programs')} about={t('month.programsAbout')}>
      <ul className={styles.ways}>
        {data.ways.map((way) => (
          <li key={way.connectionId ?? way.connector}>
            <span className={styles.what}>
              <strong>{way.name}</strong>
              <span className="dim">{way.waiting > 0 ? t('month.waiting', { count: way.waiting }) : t('month.allOut')}</span>
            </span>
            {can('send') && (
              <Button
                size="compact-md"
                variant="default"
                disabled={way.waiting === 0 && !again}
                loading={make.isPending && make.variables === way}
                onClick={() => make.mutate(way)}
              >
                {t('month.make')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {can('send') && (
        <Checkbox
          label={t('month.again')}
          description={t('month.againHint')}
          checked={again}
          onChange={(e) => setAgain(e.target.checked)}
        />
      )}
      {files.data && files.data.items.length > 0 && (
        <Table
          label={t('month.files')}
          rows={files.data.items}
          id={(f) => f.id}
          columns={[
            {
              title: t('month.file'),
              grow: true,
              cell: (f) => (
                <a href={fileAddress(`/books/files/${f.id}/content`)} download={f.name}>
                  {f.name}
                </a>
              ),
            },
            {
              title: t('month.count'),
              end: true,
              cell: (f) => (
                <>
                  {number(f.documents)}
                  {f.refused.length > 0 && <div className={styles.out}>{t('month.refused', { count: f.refused.length })}</div>}
                </>
              ),
            },
            { title: '', end: true, cell: (f) => f.sizeBytes && <span className="dim">{bytes(Number(f.sizeBytes))}</span> },
            { title: t('month.when'), end: true, cell: (f) => time(f.createdAt) },
          ]}
        />
      )}
    </Section>
  );
}
