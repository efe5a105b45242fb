import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { memo, useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import { noCurrency } from '../../../src/domain/money/money.ts';
import { recompute } from '../../../src/domain/totals/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { useFindingWordsReady, useSession } from '../session.tsx';
import { useTexts } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { CentProof } from '../ui/cent-proof.tsx';
import { Findings } from '../ui/findings.tsx';
import { Icon } from '../ui/icon.tsx';
import { Failed, Lines } from '../ui/page.tsx';
import { PdfView } from '../ui/pdf.tsx';
import styles from './editor.module.css';
import { TwoVersions } from './editor-conflict.tsx';
import { Days, isAbroad, Kind, Words } from './editor-form.tsx';
import { Head, Totals } from './editor-head.tsx';
import { LinesEditor } from './lines-editor.tsx';
import { PartyEditor } from './party-editor.tsx';
import { type EditAnswer, useSavedDraft, useStillSaving } from './saved-draft.ts';

export type Props = {
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
export function live(content: DocumentContent): DocumentContent {
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
  const section = useRef<HTMLElement>(null);
  const form = useRef<HTMLDivElement>(null);
  const editable = can('edit') && (stored.state === 'to_issue' || stored.state === 'refused');
  const { base, draft, setDraft, dirty, saving, conflict, keepMine, refused, save, adopt } = useSavedDraft(stored, editable);
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
    // Whoever came by a link, or stepped on from a field of the one before, goes on here; whoever works on the table stays there.
    else if (document.activeElement === document.body || document.activeElement?.id === 'main')
      section.current?.querySelector('h2')?.focus({ preventScroll: true });
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
    <section ref={section} className={styles.editor} aria-label={t('editor.title', { name: draft.buyer.name ?? '' })}>
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
            <TwoVersions
              conflict={conflict}
              onTheirs={() => adopt(conflict.theirs)}
              onMine={() => keepMine({ ...conflict, mine: live(conflict.mine) })}
            />
          )}
          <Findings items={findings} onJump={jump} onAccept={editable ? accept : undefined} />
          <fieldset disabled={!editable} className={styles.fields}>
            <legend className="hidden">{t('editor.form')}</legend>
            <Kind
              draft={draft}
              busy={kind.isPending}
              choosesCurrency={stored.content.currency === noCurrency || stored.editedPaths.includes('currency')}
              change={change}
              onKind={changeKind}
            />
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

export type Change = (patch: Partial<DocumentContent>) => void;
export type Pane = 'form' | 'preview';

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
