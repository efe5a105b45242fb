import { ActionIcon, Button, Menu, Switch, Tooltip } from '@mantine/core';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import { recompute } from '../../../src/domain/totals/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { useFindingWordsReady, useSession } from '../session.tsx';
import { languageNames, languages, useT, useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { CentProof } from '../ui/cent-proof.tsx';
import { Choice, DayInput, DecimalInput, Either, Field, Paragraph } from '../ui/fields.tsx';
import { Findings } from '../ui/findings.tsx';
import { Icon } from '../ui/icon.tsx';
import { Failed, Lines } from '../ui/page.tsx';
import { PdfView } from '../ui/pdf.tsx';
import { StateChip } from '../ui/status.tsx';
import { useMoves } from './document-moves.tsx';
import styles from './editor.module.css';
import { LinesEditor } from './lines-editor.tsx';
import { PartyEditor } from './party-editor.tsx';
import { paymentMeans } from './payment-means.ts';
import { type EditAnswer, useSavedDraft, useStillSaving } from './saved-draft.ts';

const changeableKinds = ['invoice', 'proforma', 'receipt'] as const;

type Props = {
  id: string;
  field: string | undefined;
  onClose: () => void;
  onStep: (by: number) => void;
  onIssue: (id: string) => void;
  onWithdraw: (id: string) => void;
  onOpen: (id: string) => void;
};

export default memo(function Editor(props: Props) {
  const {
    data: arrived,
    error,
    refetch,
  } = useQuery({
    queryKey: ['document', props.id],
    queryFn: () => api.get<DocumentDetail>(`/documents/${props.id}`),
  });
  const worded = useFindingWordsReady();
  const left = useStillSaving(props.id);
  // A long form is built in slices between which keys are answered.
  const data = useDeferredValue(arrived, undefined);
  // A form that is open keeps what was typed while the document cannot be read again.
  if (error && !arrived)
    return (
      <div className={styles.editor}>
        <Failed error={error} retry={() => void refetch()} />
      </div>
    );
  if (!data || !worded || left)
    return (
      <div className={styles.editor}>
        <div className={styles.form}>
          <Lines count={12} height={18} />
        </div>
      </div>
    );
  // Only the first drawing is put off: what the form begins with is what is known now.
  return <Loaded key={data.id} {...props} stored={arrived?.id === data.id ? arrived : data} />;
});

/** Holds that come from the order, not from the content. */
const aboutOrder = new Set(['H_UNPAID', 'H_RETURNED', 'H_DUP_CONFLICT', 'H_SURCHARGE', 'H_MERGED', 'H_CHANGED_AFTER_ISSUE']);

/** Amounts follow every key stroke in the browser by the same code as on the server; what cannot be computed yet stays as it was. */
function live(content: DocumentContent): DocumentContent {
  try {
    const next = recompute(content);
    // A row whose amounts did not move stays the same object, so that only rows that changed are drawn anew.
    return { ...next, lines: next.lines.map((line, i) => (isSame(line, content.lines[i]) ? content.lines[i]! : line)) };
  } catch {
    return content;
  }
}

function isSame(a: object, b: object | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What amounts depend on; a name or a note changes none of them. */
const counted: ReadonlySet<string> = new Set([
  'lines',
  'taxTreatment',
  'taxMethod',
  'currency',
  'exchange',
  'payment',
  'buyer',
  'issueDate',
  'saleDate',
]);

/** The value once nothing was typed for a while: what is judged and drawn as paper need not follow each key. */
function useSettled<T>(value: T, waitMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(() => value), waitMs);
    return () => clearTimeout(timer);
  }, [value, waitMs]);
  return settled;
}

function Loaded({ id, field, onClose, onStep, onIssue, onWithdraw, onOpen, stored }: Props & { stored: DocumentDetail }) {
  const { t, language } = useTexts();
  const { money } = useFormats();
  const { can } = useSession();
  const client = useQueryClient();
  const form = useRef<HTMLDivElement>(null);
  const editable = can('edit') && (stored.state === 'to_issue' || stored.state === 'refused');
  const { base, draft, setDraft, dirty, saving, conflict, refused, save, adopt } = useSavedDraft(stored, editable);
  const [pane, setPane] = useState<Pane>('form');

  const settled = useSettled(draft, 250);
  const judged = useQuery({
    queryKey: ['document-preview', id, settled],
    enabled: dirty,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      api.post<{ content: DocumentContent; findings: Finding[] }>('/documents/preview', { content: settled }, { signal }),
  });
  // The preview judges the content alone; what the order itself says stands until the save answers.
  const said = dirty ? judged.data?.findings : undefined;
  const findings = useMemo<Finding[]>(
    () => [...refused, ...(said ? [...said, ...base.findings.filter((f) => aboutOrder.has(f.code))] : base.findings)],
    [said, base.findings, refused],
  );

  const kind = useMutation({
    mutationFn: (next: string) => api.post<EditAnswer>(`/documents/${id}/kind`, { kind: next }),
    onSuccess: (saved) => {
      adopt(saved);
      void client.invalidateQueries({ queryKey: ['document', id] });
    },
    onError: (error) => toast({ error }),
  });

  const change = useCallback(
    (patch: Partial<DocumentContent>) =>
      setDraft((before) => {
        const next = { ...before, ...patch };
        return Object.keys(patch).some((part) => counted.has(part)) ? live(next) : next;
      }),
    [setDraft],
  );
  const jump = useCallback((where: string) => {
    setPane('form');
    // Rows further down are drawn a little later, or as soon as somebody scrolls.
    form.current?.dispatchEvent(new Event('scroll'));
    const row = /^lines\.\d+/.exec(where)?.[0];
    const look = (triesLeft: number) =>
      requestAnimationFrame(() =>
        row && triesLeft > 0 && form.current && !form.current.querySelector(`[data-path="${row}"]`)
          ? look(triesLeft - 1)
          : focusField(form.current, where),
      );
    look(60);
  }, []);
  useEffect(() => {
    if (field) jump(field);
    else form.current?.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
  }, [field, jump]);

  const issue = useCallback(
    () =>
      void save().then(
        () => onIssue(id),
        () => {},
      ),
    [save, onIssue, id],
  );
  useKeys('keys.editor', [
    { keys: 'mod+enter', label: 'keys.issue', run: () => can('issue') && issue(), always: true },
    { keys: 'mod+s', label: 'common.save', run: () => void save().catch(() => {}), always: true },
    { keys: 'alt+arrowdown', label: 'keys.next', run: () => onStep(1), always: true },
    { keys: 'alt+arrowup', label: 'keys.previous', run: () => onStep(-1), always: true },
    { keys: 'escape', label: 'common.close', run: onClose, always: true },
    { keys: 'p', label: 'editor.preview', run: () => setPane((p) => (p === 'form' ? 'preview' : 'form')) },
  ]);
  const reload = async () => {
    const fresh = await client.fetchQuery({
      queryKey: ['document', id],
      queryFn: () => api.get<DocumentDetail>(`/documents/${id}`),
      staleTime: 0,
    });
    adopt(fresh);
  };

  const setBuyer = useCallback((buyer: DocumentContent['buyer']) => change({ buyer }), [change]);
  const setLines = useCallback((lines: DocumentContent['lines']) => change({ lines }), [change]);
  const { mutate: mutateKind } = kind;
  const changeKind = useCallback(
    (next: string) =>
      void save().then(
        () => mutateKind(next),
        () => {},
      ),
    [save, mutateKind],
  );
  const country = draft.seller.country;
  const wrong = useCallback(
    (path: string) =>
      findings.some((f) => f.level === 'hold' && f.where !== undefined && (f.where === path || f.where.startsWith(`${path}.`))),
    [findings],
  );
  const accept = useCallback(
    (code: string) => {
      const undo = () => void save({ unsettle: [code] }).catch(() => {});
      void save({ settle: [code] }).then(
        () => toast({ text: t('editor.accepted'), undo }),
        () => {},
      );
    },
    [save, t],
  );
  const totals = draft.totals;
  const held = findings.some((f) => f.level === 'hold');
  const marker = useMemo(() => JSON.stringify([settled, language]), [settled, language]);
  const paper = useCallback(
    (signal: AbortSignal) => api.blob('POST', '/documents/preview.pdf', { body: { content: settled }, signal }),
    [settled],
  );
  const difference = draft.orderTotal !== undefined && draft.kind !== 'correction' && draft.orderTotal !== totals.gross;
  return (
    <section className={styles.editor} aria-label={t('editor.title', { name: draft.buyer.name ?? '' })}>
      <Head
        base={base}
        kind={draft.kind}
        held={held}
        told={saving ? 'saving' : refused.length > 0 ? 'refused' : dirty ? 'unsaved' : ''}
        pane={pane}
        editable={editable}
        splits={draft.lines.length > 1}
        onPane={setPane}
        onIssue={issue}
        onStep={onStep}
        onClose={onClose}
        onWithdraw={onWithdraw}
        onOpen={onOpen}
      />
      <div className={styles.body} data-pane={pane}>
        <div ref={form} className={styles.form}>
          {conflict && (
            <div className={styles.conflict} role="alert">
              <span>{t('editor.conflict')}</span>
              <Button size="compact-sm" variant="light" onClick={() => void reload()}>
                {t('editor.takeTheirs')}
              </Button>
            </div>
          )}
          <Findings items={findings} onJump={jump} onAccept={editable ? accept : undefined} />
          <fieldset disabled={!editable} className={styles.fields}>
            <legend className="hidden">{t('editor.form')}</legend>
            <Kind draft={draft} busy={kind.isPending} change={change} onKind={changeKind} />
            <PartyEditor title={t('field.buyer')} path="buyer" party={draft.buyer} country={country} wrong={wrong} onChange={setBuyer} />
            <Days
              issueDate={draft.issueDate}
              saleDate={draft.saleDate}
              dueDate={draft.dueDate}
              payment={draft.payment}
              currency={draft.currency}
              taxTreatment={draft.taxTreatment ?? (isAbroad(draft) ? undefined : 'domestic')}
              wrong={wrong}
              change={change}
            />
            <LinesEditor
              lines={draft.lines}
              country={country}
              currency={draft.currency}
              issueDate={draft.issueDate}
              taxMethod={draft.taxMethod}
              wrong={wrong}
              onChange={setLines}
            />
            {difference && (
              <div className={styles.proof} role="status">
                <Icon name="cause" size={16} />
                {t('editor.proof', { paid: money(draft.orderTotal, draft.currency), total: money(totals.gross, draft.currency) })}
              </div>
            )}
            {difference && <CentProof proof={stored.proof} currency={draft.currency} />}
            <Words
              notes={draft.notes}
              message={draft.message}
              splitPayment={country === 'PL' ? draft.splitPayment : undefined}
              wrong={wrong}
              change={change}
            />
          </fieldset>
        </div>
        <div className={styles.preview}>
          <PdfView title={t('editor.preview')} marker={marker} firstAfterMs={450} load={paper} />
        </div>
      </div>
      <Totals totals={draft.totals} currency={draft.currency} />
    </section>
  );
}

type Change = (patch: Partial<DocumentContent>) => void;
type Pane = 'form' | 'preview';

/** Number, state and what can be done; drawn anew when one of them changes and not with each key. */
const Head = memo(function Head({
  base,
  kind,
  held,
  told,
  pane,
  editable,
  splits,
  onPane,
  onIssue,
  onStep,
  onClose,
  onWithdraw,
  onOpen,
}: Pick<Props, 'onStep' | 'onClose' | 'onWithdraw' | 'onOpen'> & {
  base: DocumentDetail;
  kind: DocumentContent['kind'];
  held: boolean;
  told: 'saving' | 'unsaved' | 'refused' | '';
  pane: Pane;
  editable: boolean;
  /** Has lines to be parted. */
  splits: boolean;
  onPane: (pane: Pane) => void;
  onIssue: () => void;
}) {
  const t = useT();
  const { can } = useSession();
  const moves = useMoves(base, onOpen);
  return (
    <>
      <header className={styles.head}>
        <div className={styles.headText}>
          <h2 tabIndex={-1}>{base.number ?? base.series?.nextNumber ?? t(`kind.${kind}`)}</h2>
          <StateChip document={{ state: base.state, held: held }} />
          <span className={styles.saved} aria-live="polite">
            {told && t(`editor.${told}`)}
          </span>
        </div>
        <Either
          className={styles.panes}
          value={pane}
          onChange={onPane}
          data={[
            { value: 'form', label: t('editor.form') },
            { value: 'preview', label: t('editor.preview') },
          ]}
          label={t('editor.view')}
        />
        {can('issue') && editable && (
          <Tooltip label={t('editor.issueHint')}>
            <Button size="compact-md" onClick={onIssue} disabled={held}>
              {t('action.issue')}
            </Button>
          </Tooltip>
        )}
        <Menu position="bottom-end" width={240}>
          <Menu.Target>
            <ActionIcon aria-label={t('common.more')} size={30}>
              <Icon name="dots" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item component={Link} to={`/documents/${base.id}`} leftSection={<Icon name="clock" size={16} />}>
              {t('editor.history')}
            </Menu.Item>
            {base.orderId && (
              <Menu.Item component={Link} to={`/orders/${base.orderId}`} leftSection={<Icon name="order" size={16} />}>
                {t('editor.order')}
              </Menu.Item>
            )}
            {moves.items}
            {editable && splits && <SplitItem document={base} onDone={onOpen} />}
            {editable && (
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => onWithdraw(base.id)}>
                {t('action.withdraw')}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
        <ActionIcon aria-label={t('keys.previous')} size={30} onClick={() => onStep(-1)}>
          <Icon name="up" size={16} />
        </ActionIcon>
        <ActionIcon aria-label={t('keys.next')} size={30} onClick={() => onStep(1)}>
          <Icon name="down" size={16} />
        </ActionIcon>
        <ActionIcon aria-label={t('common.close')} size={30} onClick={onClose}>
          <Icon name="close" size={16} />
        </ActionIcon>
      </header>
      {moves.dialogs}
    </>
  );
});

const Totals = memo(function Totals({ totals, currency }: Pick<DocumentContent, 'totals' | 'currency'>) {
  const t = useT();
  const { money } = useFormats();
  return (
    <footer className={styles.totals} aria-live="polite">
      {totals.byRate.length > 1 && (
        <span className={styles.rates}>
          {totals.byRate.map((r) => `${r.key ?? (r.percent ? `${r.percent}%` : r.category)}: ${money(r.gross, currency)}`).join(' · ')}
        </span>
      )}
      <span className={styles.gap} />
      <span>
        {t('field.net')} <b>{money(totals.net, currency)}</b>
      </span>
      <span>
        {t('field.tax')} <b>{money(totals.tax, currency)}</b>
      </span>
      <span className={styles.gross}>
        {t('field.gross')} <b>{money(totals.gross, currency)}</b>
      </span>
    </footer>
  );
});

const Kind = memo(
  function Kind({
    draft,
    busy,
    change,
    onKind,
  }: {
    draft: DocumentContent;
    busy: boolean;
    change: Change;
    onKind: (kind: string) => void;
  }) {
    const t = useT();
    const changeable = (changeableKinds as readonly string[]).includes(draft.kind);
    return (
      <div className={styles.row}>
        <Choice
          label={t('field.kind')}
          data-path="kind"
          value={draft.kind}
          disabled={!changeable || busy}
          onChange={(e) => onKind(e.target.value)}
          data={(changeable ? changeableKinds : [draft.kind]).map((k) => ({ value: k, label: t(`kind.${k}`) }))}
        />
        <Choice
          label={t('field.language')}
          data-path="language"
          value={draft.language}
          onChange={(e) => change({ language: e.target.value as DocumentContent['language'] })}
          data={languages.map((l) => ({ value: l, label: languageNames[l] }))}
        />
        <Choice
          label={t('field.secondLanguage')}
          data-path="secondLanguage"
          value={draft.secondLanguage ?? ''}
          onChange={(e) => change({ secondLanguage: (e.target.value || undefined) as DocumentContent['secondLanguage'] })}
          data={[
            { value: '', label: t('common.none') },
            ...languages.filter((l) => l !== draft.language).map((l) => ({ value: l, label: languageNames[l] })),
          ]}
        />
      </div>
    );
  },
  (a, b) =>
    a.busy === b.busy &&
    a.onKind === b.onKind &&
    a.draft.kind === b.draft.kind &&
    a.draft.language === b.draft.language &&
    a.draft.secondLanguage === b.draft.secondLanguage,
);

const isAbroad = ({ buyer, recipient, seller }: DocumentContent) =>
  [buyer.country, recipient?.country].some((country) => country !== undefined && country !== seller.country);

const Days = memo(function Days({
  issueDate,
  saleDate,
  dueDate,
  payment,
  currency,
  taxTreatment,
  wrong,
  change,
}: Pick<DocumentContent, 'issueDate' | 'saleDate' | 'dueDate' | 'payment' | 'currency' | 'taxTreatment'> & {
  wrong: (path: string) => boolean;
  change: Change;
}) {
  const t = useT();
  return (
    <>
      <h3>{t('editor.days')}</h3>
      <div className={styles.row}>
        <DayInput
          label={t('field.issueDate')}
          data-path="issueDate"
          placeholder={t('editor.onIssue')}
          value={issueDate}
          onChange={(day) => change({ issueDate: day })}
          error={wrong('issueDate')}
        />
        <DayInput
          label={t('field.saleDate')}
          data-path="saleDate"
          value={saleDate}
          onChange={(day) => change({ saleDate: day })}
          error={wrong('saleDate')}
        />
        <DayInput
          label={t('field.dueDate')}
          data-path="dueDate"
          value={dueDate}
          onChange={(day) => change({ dueDate: day })}
          error={wrong('dueDate')}
        />
      </div>
      <div className={styles.row}>
        <Choice
          label={t('field.payment')}
          data-path="payment.means"
          value={payment.means}
          onChange={(e) => change({ payment: { ...payment, means: e.target.value as DocumentContent['payment']['means'] } })}
          data={paymentMeans.map((m) => ({ value: m, label: t(`means.${m}`) }))}
        />
        <DecimalInput
          label={t('field.paid')}
          data-path="payment.paid"
          value={payment.paid}
          suffix={currency}
          onChange={(paid) => change({ payment: { ...payment, paid } })}
          error={wrong('payment.paid')}
        />
        <Choice
          label={t('field.taxTreatment')}
          data-path="taxTreatment"
          error={wrong('taxTreatment')}
          value={taxTreatment ?? ''}
          onChange={(e) => change({ taxTreatment: e.target.value as DocumentContent['taxTreatment'] })}
          data={[
            // How a sale abroad is taxed is never guessed: it is open until somebody says it.
            ...(taxTreatment ? [] : [{ value: '', label: t('editor.choose') }]),
            ...(['domestic', 'intra_community', 'export', 'reverse_charge', 'destination'] as const).map((v) => ({
              value: v,
              label: t(`treatment.${v}`),
            })),
          ]}
        />
      </div>
    </>
  );
});

const Words = memo(function Words({
  notes,
  message,
  splitPayment,
  wrong,
  change,
}: Pick<DocumentContent, 'notes' | 'message'> & {
  wrong: (path: string) => boolean;
  splitPayment: boolean | undefined;
  change: Change;
}) {
  const t = useT();
  return (
    <>
      <Paragraph
        label={t('field.notes')}
        data-path="notes"
        rows={2}
        value={notes.join('\n')}
        error={wrong('notes')}
        onChange={(e) => change({ notes: e.target.value ? e.target.value.split('\n') : [] })}
      />
      <details className={styles.more}>
        <summary>{t('editor.message')}</summary>
        <Field
          label={t('field.subject')}
          data-path="message.subject"
          error={wrong('message.subject')}
          value={message.subject ?? ''}
          onChange={(e) => change({ message: { ...message, subject: e.target.value || undefined } })}
          placeholder={t('editor.fromTemplate')}
        />
        <Paragraph
          label={t('field.body')}
          data-path="message.body"
          error={wrong('message.body')}
          rows={4}
          value={message.body ?? ''}
          onChange={(e) => change({ message: { ...message, body: e.target.value || undefined } })}
          placeholder={t('editor.fromTemplate')}
        />
        {splitPayment !== undefined && (
          <Switch
            label={t('field.splitPayment')}
            checked={splitPayment}
            onChange={(e) => change({ splitPayment: e.currentTarget.checked })}
          />
        )}
      </details>
    </>
  );
});

/** Puts the cursor where a finding points: the field of that path, or the nearest one above it. */
function focusField(form: HTMLElement | null, where: string): void {
  for (let path = where; path; path = path.slice(0, Math.max(path.lastIndexOf('.'), 0))) {
    const found =
      form?.querySelector<HTMLElement>(`[data-path="${CSS.escape(path)}"]`) ??
      form?.querySelector<HTMLElement>(`[data-path^="${CSS.escape(path)}."]`);
    if (found) {
      const field = found.matches('input,select,textarea,button')
        ? found
        : (found.querySelector<HTMLElement>('input,select,textarea,button') ?? found);
      field.focus();
      field.scrollIntoView({ block: 'center' });
      return;
    }
  }
}

/** Takes the last line onto a document of its own; the parts can be edited further like any other. */
function SplitItem({ document, onDone }: { document: DocumentDetail; onDone: (id: string) => void }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const split = async () => {
    try {
      const line = document.content.lines.filter((l) => l.spread === undefined).at(-1)!;
      const answer = await api.post<{ id: string }>(`/documents/${document.id}/split`, {
        lines: [{ lineId: line.id, quantity: line.quantity }],
      });
      await client.invalidateQueries({ predicate: (q) => ['documents', 'document', 'count'].includes(String(q.queryKey[0])) });
      toast({ text: t('editor.splitDone'), tone: 'good' });
      onDone(answer.id);
    } catch (error) {
      toast({ error });
    }
  };
  return (
    <Menu.Item leftSection={<Icon name="split" size={16} />} onClick={() => void split()}>
      {t('editor.split')}
    </Menu.Item>
  );
}
