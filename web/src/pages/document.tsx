import { ActionIcon, Button, Menu } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import { api, fileAddress, saveAs } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { lazy, onItsWay } from '../lazy.ts';
import { useSession } from '../session.tsx';
import { type Key, useT, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { CentProof } from '../ui/cent-proof.tsx';
import { Findings, placeOf } from '../ui/findings.tsx';
import { Icon } from '../ui/icon.tsx';
import { isLost } from '../ui/lost.ts';
import { Facts, Failed, Lines, Page, Section } from '../ui/page.tsx';
import { PdfView } from '../ui/pdf.tsx';
import { StateChip, WayChip } from '../ui/status.tsx';
import { Timeline } from '../ui/timeline.tsx';
import styles from './document.module.css';
import { MailDialog } from './document-mail.tsx';
import { useMoves } from './document-moves.tsx';
import { Again, CauseLine, Likeness, OnceMore, PutAgain } from './document-ways.tsx';
import { PrintDecisions } from './print-decisions.tsx';

const PrintDialog = lazy(() => import('./print-dialog.tsx'));

/** One document: its paper, where it went, what belongs to it and everything that happened. */
export default function DocumentPage() {
  const { id = '' } = useParams();
  const t = useT();
  const { data, error, refetch } = useQuery({ queryKey: ['document', id], queryFn: () => api.get<DocumentDetail>(`/documents/${id}`) });
  if (isLost(error, data))
    return (
      <Page title={t('nav.documents')} help="documents" wide>
        <Failed error={error} retry={() => void refetch()} />
      </Page>
    );
  if (!data)
    return (
      <Page title={t('nav.documents')} help="documents" wide>
        <Lines count={10} height={18} />
      </Page>
    );
  return <Loaded document={data} />;
}

function Loaded({ document: doc }: { document: DocumentDetail }) {
  const { t, language } = useTexts();
  const { money, day } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [mailing, setMailing] = useState(false);
  const [printing, setPrinting] = useState(false);
  const issued = doc.state === 'issued';
  const paidThere = doc.transfers.map((x) => (x.made as { paidOn?: string } | null)?.paidOn).find(Boolean);
  const content = doc.content;
  const refresh = () =>
    client.invalidateQueries({ predicate: (q) => ['document', 'documents', 'deliveries', 'count'].includes(String(q.queryKey[0])) });
  const fail = (error: Error) => toast({ error });
  const follow = useMutation({
    mutationFn: (path: string) => api.post<{ id: string }>(`/documents/${doc.id}/${path}`),
    onSuccess: (made) => navigate(`/to-issue?open=${made.id}`),
    onError: fail,
  });
  const restore = useMutation({
    mutationFn: () => api.post('/documents/restore', { selection: { ids: [doc.id] } }),
    onSuccess: refresh,
    onError: fail,
  });
  const moves = useMoves(doc, (made) => void navigate(`/to-issue?open=${made}`));
  const firstField = doc.findings.find((f) => f.level === 'hold' && f.where && !placeOf(f))?.where;
  const withdraw = useMutation({
    mutationFn: () => api.post('/documents/withdraw', { selection: { ids: [doc.id] } }),
    onSuccess: refresh,
    onError: fail,
  });
  const transfer = useMutation({
    mutationFn: () => api.post(`/documents/${doc.id}/transfer`),
    onSuccess: () => {
      toast({ text: t('document.transferred'), tone: 'good' });
      return refresh();
    },
    onError: fail,
  });
  const download = async (mark?: string) => {
    try {
      await saveAs(
        await api.blob('GET', `/documents/${doc.id}/pdf`, { query: { mark } }),
        `${(doc.number ?? t(`kind.${doc.kind}`)).replace(/[\\/:*?"<>|\s]+/g, '-')}${mark ? `-${mark}` : ''}.pdf`,
      );
    } catch (error) {
      fail(error as Error);
    }
  };
  const print = () => {
    const frame = window.document.querySelector<HTMLIFrameElement>(`iframe[title="${CSS.escape(t('document.paper'))}"]`);
    if (frame?.contentWindow) frame.contentWindow.print();
    else window.open(fileAddress(`/documents/${doc.id}/pdf`), '_blank', 'noopener');
  };
  const canCorrect = issued && can('edit') && ['invoice', 'prepayment', 'final', 'correction', 'receipt'].includes(doc.kind);
  useKeys('keys.document', [
    { keys: 'm', label: 'keys.mail', run: () => issued && can('send') && setMailing(true) },
    { keys: 'c', label: 'keys.correct', run: () => canCorrect && void navigate(`/documents/${doc.id}/correct`) },
    { keys: 'd', label: 'keys.download', run: () => void download() },
    { keys: 'mod+p', label: 'keys.print', run: () => (issued && can('print') ? setPrinting(true) : print()) },
  ]);
  const relation: Record<DocumentDetail['related'][number]['relation'], Key> = {
    corrects: 'related.corrects',
    'corrected by': 'related.correctedBy',
    proforma: 'related.proforma',
    'invoiced as': 'related.invoice',
    'same order': 'related.order',
    'merged into': 'related.mergedInto',
    merged: 'related.merged',
  };
  return (
    <Page
      title={doc.number ?? doc.series?.nextNumber ?? t(`kind.${doc.kind}`)}
      help="document"
      wide
      about={
        <span className={styles.about}>
          {t(`kind.${doc.kind}`)} <StateChip document={doc} /> {doc.buyerName}
        </span>
      }
      back={{ to: '/documents', label: t('nav.documents') }}
      actions={
        <>
          {doc.state === 'to_issue' || doc.state === 'refused' ? (
            <Button component={Link} to={`/to-issue?open=${doc.id}${firstField ? `&field=${encodeURIComponent(firstField)}` : ''}`}>
              {t(doc.state === 'refused' ? 'action.completeAndResend' : 'action.edit')}
            </Button>
          ) : null}
          {(doc.state === 'to_issue' || doc.state === 'refused') && can('edit') && doc.moves.includes('withdraw') && (
            <Button
              variant="default"
              loading={withdraw.isPending}
              leftSection={<Icon name="trash" size={16} />}
              onClick={() => withdraw.mutate()}
            >
              {t('action.withdraw')}
            </Button>
          )}
          {issued && can('send') && (
            <Button leftSection={<Icon name="mail" size={16} />} onClick={() => setMailing(true)}>
              {doc.mailStatus ? t('action.mailAgain') : t('action.mail')}
            </Button>
          )}
          {canCorrect && (
            <Button variant="default" leftSection={<Icon name="edit" size={16} />} component={Link} to={`/documents/${doc.id}/correct`}>
              {t('action.correct')}
            </Button>
          )}
          <Button variant="default" leftSection={<Icon name="download" size={16} />} onClick={() => void download()}>
            {t('action.download')}
          </Button>
          <Button
            variant="default"
            leftSection={<Icon name="print" size={16} />}
            onClick={() => (issued && can('print') ? setPrinting(true) : print())}
          >
            {t('action.print')}
          </Button>
          <Menu position="bottom-end" width={250}>
            <Menu.Target>
              <ActionIcon variant="default" size={36} aria-label={t('common.more')}>
                <Icon name="dots" />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {issued && (
                <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => void download('duplicate')}>
                  {t('action.duplicate')}
                </Menu.Item>
              )}
              {issued && (
                <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => void download('copy')}>
                  {t('action.copy')}
                </Menu.Item>
              )}
              {issued && doc.kind === 'proforma' && can('edit') && (
                <Menu.Item leftSection={<Icon name="document" size={16} />} onClick={() => follow.mutate('invoice')}>
                  {t('action.invoice')}
                </Menu.Item>
              )}
              {moves.items}
              {doc.state === 'withdrawn' && can('edit') && (
                <Menu.Item leftSection={<Icon name="undo" size={16} />} onClick={() => restore.mutate()}>
                  {t('action.restore')}
                </Menu.Item>
              )}
              {doc.transfers.length > 0 && can('send') && (
                <Menu.Item leftSection={<Icon name="send" size={16} />} onClick={() => transfer.mutate()}>
                  {t('action.transfer')}
                </Menu.Item>
              )}
              <Menu.Item
                component="a"
                href={fileAddress(`/documents/${doc.id}/case-file.html`, { language })}
                target="_blank"
                leftSection={<Icon name="eye" size={16} />}
              >
                {t('action.caseFile')}
              </Menu.Item>
              {doc.orderId && (
                <Menu.Item component={Link} to={`/orders/${doc.orderId}`} leftSection={<Icon name="order" size={16} />}>
                  {t('editor.order')}
                </Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        </>
      }
    >
      <div className={styles.grid}>
        <div className={styles.paper}>
          <PdfView
            title={t('document.paper')}
            marker={`${doc.id}${doc.version}${doc.pdfFileId ?? ''}`}
            load={(signal) => api.blob('GET', `/documents/${doc.id}/pdf`, { signal })}
          />
        </div>
        <div className={styles.side}>
          {doc.findings.length > 0 && (
            <Findings
              items={doc.findings}
              extra={(found) =>
                found.code === 'H_CHANGED_AFTER_ISSUE' && canCorrect ? (
                  <Button size="compact-sm" component={Link} to={`/documents/${doc.id}/correct`}>
                    {t('action.correct')}
                  </Button>
                ) : null
              }
              onJump={
                doc.state === 'to_issue' || doc.state === 'refused'
                  ? (where) => void navigate(`/to-issue?open=${doc.id}&field=${encodeURIComponent(where)}`)
                  : undefined
              }
            />
          )}
          {doc.proof && (
            <Section title={t('proof.title')} flush>
              <CentProof proof={doc.proof} currency={doc.currency} />
            </Section>
          )}
          <Section>
            <Facts
              items={[
                [t('field.gross'), <strong key="g">{money(doc.gross, doc.currency)}</strong>],
                [t('field.net'), money(doc.net, doc.currency)],
                [t('field.tax'), money(doc.tax, doc.currency)],
                [t('field.issueDate'), day(doc.issueDate)],
                [t('field.saleDate'), day(doc.saleDate)],
                [t('field.dueDate'), day(doc.dueDate)],
                [t('field.payment'), t(`means.${content.payment.means}`)],
                [t('field.taxId'), doc.buyerTaxId],
                [t('field.email'), doc.buyerEmail],
                [
                  t('field.order'),
                  doc.orderId ? (
                    <Link key="o" to={`/orders/${doc.orderId}`}>
                      {doc.orderNumber ?? '→'}
                    </Link>
                  ) : null,
                ],
                [t('field.series'), doc.series?.name],
                [doc.clearance?.system ?? '', doc.clearance ? <code key="k">{doc.clearance.number}</code> : null],
                [t('document.paidThere'), paidThere ? day(paidThere) : null],
              ]}
            />
          </Section>
          {content.correction && (
            <Section title={t('document.correction')}>
              <Facts
                items={[
                  [
                    t('related.corrects'),
                    <Link key="c" to={`/documents/${content.correction.correctsId}`}>
                      {content.correction.number}
                    </Link>,
                  ],
                  [t('correct.reason'), content.correction.reason],
                  [t('correct.difference'), money(content.correction.difference.gross, doc.currency)],
                ]}
              />
            </Section>
          )}
          {doc.related.length > 0 && (
            <Section title={t('document.related')}>
              <ul className={styles.plain}>
                {doc.related.map((r) => (
                  <li key={r.id}>
                    <span className={styles.relation}>{t(relation[r.relation])}</span>
                    <Link to={`/documents/${r.id}`}>{r.number ?? t(`kind.${r.kind as DocumentDetail['kind']}`)}</Link>
                    <span className="num">{money(r.gross, r.currency)}</span>
                  </li>
                ))}
              </ul>
            </Section>
          )}
          {doc.deliveries.length > 0 && (
            <Section title={t('document.deliveries')}>
              <ul className={styles.plain}>
                {doc.deliveries.map((d) => (
                  <li key={d.id}>
                    <span className="cut">
                      {t(`way.${d.way as 'mail'}`)} · {d.recipient}
                    </span>
                    <WayChip status={d.status} />
                    {d.way === 'print' && <PrintDecisions delivery={d} onDone={refresh} />}
                    {(d.way === 'attachment' || d.way === 'order') && <PutAgain delivery={d} onDone={refresh} />}
                    <CauseLine cause={d.cause} />
                  </li>
                ))}
              </ul>
            </Section>
          )}
          {doc.transfers.length > 0 && (
            <Section title={t('document.transfers')}>
              <ul className={styles.plain}>
                {doc.transfers.map((x) => (
                  <li key={x.id}>
                    <Link to={`/connections/${x.connectionId}`} className="cut">
                      {x.connection}
                      {x.verb !== 'issue' && ` · ${t(`verb.${x.verb}` as Key)}`}
                    </Link>
                    <WayChip status={x.status} />
                    <CauseLine cause={x.cause} />
                    <Likeness transfer={x} onDone={refresh} />
                    <OnceMore transfer={x} onDone={refresh} />
                    <Again document={doc} transfer={x} onDone={refresh} />
                  </li>
                ))}
              </ul>
            </Section>
          )}
          <Section title={t('document.timeline')}>
            <Timeline entries={doc.timeline} />
          </Section>
        </div>
      </div>
      {moves.dialogs}
      {mailing && <MailDialog document={doc} onClose={() => setMailing(false)} onDone={refresh} />}
      <Suspense fallback={onItsWay}>
        {printing && <PrintDialog selection={{ ids: [doc.id] }} onClose={() => setPrinting(false)} onDone={refresh} inBrowser={print} />}
      </Suspense>
    </Page>
  );
}
