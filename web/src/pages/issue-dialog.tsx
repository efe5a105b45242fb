import { Button, Progress, Switch } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { DocumentRow, IssueRun, Page as PageOf, Selection } from '../../../src/api/schemas/index.ts';
import { api } from '../api.ts';
import { useFormats } from '../format.ts';
import { useKeys } from '../keys.ts';
import { useFindingWords } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { DayInput } from '../ui/fields.tsx';
import { useHoldTitle } from '../ui/hold-title.ts';
import { Icon } from '../ui/icon.tsx';
import { Lines } from '../ui/page.tsx';
import { useOnce, wasSentBefore } from '../ui/use-once.ts';
import styles from './issue-dialog.module.css';

type Props = {
  selection: Selection;
  count: number;
  more: boolean;
  onClose: () => void;
  onFinished: () => void;
  onFix: (id: string, field?: string) => void;
};

/** Says what will happen, shows it happening, and lists what did not go with the reason and the way to mend it. */
export default function IssueDialog({ selection, count, more, onClose, onFinished, onFix }: Props) {
  const t = useT();
  const { number } = useFormats();
  const [mail, setMail] = useState(() => localStorage.getItem('fakturist.mailOnIssue') !== 'no');
  const [issueDate, setIssueDate] = useState<string>();
  const { once, refused } = useOnce();
  const start = useMutation({
    mutationFn: () =>
      api.post<{ runId: string; total: number }>('/documents/issue', { selection, mail, ...(issueDate ? { issueDate } : {}) }, { once }),
    onError: (error) => {
      refused(error);
      toast({ error });
      if (!wasSentBefore(error)) return;
      onFinished();
      onClose();
    },
  });
  const runId = start.data?.runId;
  const run = useQuery({
    queryKey: ['issue-run', runId],
    enabled: runId !== undefined,
    queryFn: () => api.get<IssueRun>(`/issue-runs/${runId}`),
    // The server pushes each step; this is for when it cannot.
    refetchInterval: (query) => (finished(query.state.data) ? false : 1500),
  });
  const over = finished(run.data);
  const running = useRef<HTMLDivElement>(null);
  useEffect(() => running.current?.focus(), [runId]);
  const told = useRef(false);
  useEffect(() => {
    if (!over || told.current) return;
    told.current = true;
    onFinished();
  }, [over, onFinished]);
  useKeys('keys.issueDialog', [
    {
      keys: 'mod+enter',
      label: 'keys.issue',
      always: true,
      run: () => (over ? onClose() : runId || start.isPending ? undefined : start.mutate()),
    },
  ]);
  const cancel = () => void api.post(`/issue-runs/${runId}/cancel`).catch((error: Error) => toast({ error }));
  const total = run.data?.total ?? start.data?.total ?? count;
  return (
    <Dialog
      onClose={onClose}
      closeOnClickOutside={!runId || over}
      title={over ? t('issue.finished') : runId ? t('issue.running') : more ? t('issue.goAll') : t('issue.title', { count })}
      size="lg"
    >
      {!runId ? (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            start.mutate();
          }}
        >
          <p className={styles.say}>{t(more ? 'issue.sayMany' : 'issue.say', { count })}</p>
          <Switch
            data-autofocus
            label={t('issue.mail')}
            description={t('issue.mailAbout')}
            checked={mail}
            onChange={(e) => {
              setMail(e.currentTarget.checked);
              localStorage.setItem('fakturist.mailOnIssue', e.currentTarget.checked ? 'yes' : 'no');
            }}
          />
          <DayInput
            label={t('field.issueDate')}
            description={t('issue.dateAbout')}
            placeholder={t('issue.today')}
            value={issueDate}
            onChange={setIssueDate}
          />
          <div className={styles.buttons}>
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={start.isPending}>
              {more ? t('issue.goAll') : t('issue.go', { count })}
            </Button>
          </div>
        </form>
      ) : (
        // The form that had the focus is gone; it does not stand on "stop", which a key pressed once more would press.
        <div className={styles.form} aria-live="polite" tabIndex={-1} ref={running} style={{ outline: 'none' }}>
          <Progress value={total ? ((run.data?.done ?? 0) / total) * 100 : 0} animated={!over} size="lg" aria-label={t('issue.running')} />
          <div className={styles.figures}>
            <span>
              <b>{number(run.data?.issued ?? 0)}</b> {t('issue.issued', { count: run.data?.issued ?? 0 })}
            </span>
            {(run.data?.issuedBefore ?? 0) > 0 && (
              <span>
                <b>{number(run.data!.issuedBefore)}</b> {t('issue.issuedBefore')}
              </span>
            )}
            <span data-bad={(run.data?.refusedCount ?? 0) > 0}>
              <b>{number(run.data?.refusedCount ?? 0)}</b> {t('issue.refused', { count: run.data?.refusedCount ?? 0 })}
            </span>
            <span className="dim">{t('issue.of', { done: run.data?.done ?? 0, total })}</span>
          </div>
          {run.data?.status === 'cancelled' && <p className={styles.say}>{t('issue.cancelled')}</p>}
          {over && run.data && run.data.refusedCount > 0 && <Refused run={run.data} onFix={onFix} />}
          {over && run.data?.status === 'done' && run.data.refusedCount === 0 && (
            <p className={styles.done}>
              <Icon name="complete" size={22} /> {/* What somebody else issued is mailed if he wished it. */}
              {mail && run.data.issuedBefore === 0 ? t('issue.allMailed') : t('issue.allDone')}
            </p>
          )}
          <div className={styles.buttons}>
            {over ? (
              <>
                <Button variant="default" component={Link} to={mail ? '/mail' : '/documents?states=issued'}>
                  {mail ? t('issue.seeMails') : t('issue.seeDocuments')}
                </Button>
                <Button autoFocus onClick={onClose}>
                  {t('common.done')}
                </Button>
              </>
            ) : (
              <Button variant="default" onClick={cancel}>
                {t('issue.stop')}
              </Button>
            )}
          </div>
        </div>
      )}
    </Dialog>
  );
}

const finished = (run: IssueRun | undefined) => run !== undefined && run.status !== 'waiting' && run.status !== 'running';

type Refusal = IssueRun['refused'][number];
const reasonOf = ({ findings }: Refusal) => findings.find((f) => f.level === 'hold') ?? findings[0];

/** By cause, so that one mending serves many. */
function Refused({ run, onFix }: { run: IssueRun; onFix: (id: string, field?: string) => void }) {
  const t = useT();
  const words = useFindingWords();
  const holdTitle = useHoldTitle();
  const [open, setOpen] = useState(run.causes.length === 1 ? run.causes[0]!.code : undefined);
  return (
    <div className={styles.refused}>
      <h3>{t('issue.refusedTitle')}</h3>
      {run.causes.map(({ code, count }) => {
        const refused = run.refused.filter((one) => reasonOf(one)?.code === code);
        // What all of them say alike is said as they say it, else without what differs.
        const first = refused[0] && reasonOf(refused[0]);
        const found = first && refused.every((one) => words(reasonOf(one)!).text === words(first).text) ? first : { code };
        return (
          <details key={code} open={open === code} onToggle={(event) => event.currentTarget.open && setOpen(code)}>
            <summary>
              <span>{count === 1 ? words(found).text : (holdTitle(code) ?? words(found).text)}</span>
              <b>{count}</b>
            </summary>
            {words(found).remedy && <p className="dim">{words(found).remedy}</p>}
            {open === code && <RefusedList refused={refused.slice(0, maxListed)} onFix={onFix} />}
            {count > maxListed && (
              <Button size="compact-sm" variant="subtle" component={Link} to={`/to-issue?held=true&holdCode=${encodeURIComponent(code)}`}>
                {t('issue.showAll', { count })}
              </Button>
            )}
          </details>
        );
      })}
    </div>
  );
}

const maxListed = 20;

/** The documents of one cause, asked for together. */
function RefusedList({ refused, onFix }: { refused: Refusal[]; onFix: (id: string, field?: string) => void }) {
  const t = useT();
  const { money } = useFormats();
  const ids = refused.map((one) => one.id);
  const { data } = useQuery({
    queryKey: ['documents', { ids }],
    queryFn: () => api.get<PageOf<DocumentRow>>('/documents', { ids, limit: maxListed }),
    enabled: ids.length > 0,
  });
  return (
    <ul>
      {refused.map((one) => {
        const row = data?.items.find((r) => r.id === one.id);
        return (
          <li key={one.id}>
            {row ? (
              <span className="cut">{[row.buyerName, row.orderNumber, money(row.gross, row.currency)].filter(Boolean).join(' · ')}</span>
            ) : (
              <Lines count={1} />
            )}
            <Button size="compact-sm" variant="light" onClick={() => onFix(one.id, reasonOf(one)?.where)}>
              {t('issue.mend')}
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
