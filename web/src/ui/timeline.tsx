import type { TimelineEntry } from '../../../src/api/schemas/index.ts';
import { useFormats } from '../format.ts';
import { useFindingWords } from '../session.tsx';
import { useT } from '../texts.ts';
import { eventWords, sayActor, sayEvent } from './event-words.ts';
import styles from './timeline.module.css';

const bad = new Set([
  'refused',
  'bounced',
  'given_up',
  'not_sent',
  'failed',
  'connection blocked',
  'series blocked',
  'cannot be settled',
  'order changed after issue',
  'not taken',
  'not taken by the order',
  'print refused',
  'print waits',
]);
const doubtful = new Set([
  'answer lost',
  'unknown',
  'waits',
  'held',
  'refused for now',
  'interrupted',
  'pending',
  'delayed',
  'uploaded',
  'no clear answer',
  'waits for its turn',
]);

export function Timeline({ entries, zone }: { entries: TimelineEntry[]; zone?: string }) {
  const t = useT();
  const { time, ago } = useFormats();
  const finding = useFindingWords();
  const text = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
  return (
    <ol className={styles.list} aria-label={t('document.timeline')} data-zone={zone}>
      {newestOnce(entries).map((entry, i) => {
        const p = entry.params ?? {};
        const cause = text(p.cause);
        const details = [
          text(p.number),
          text(p.file),
          text(p.recipient) || text(p.copyOf),
          text(p.connection),
          text(p.order),
          cause && finding({ code: cause }).text,
          text(p.reason),
          entry.actor && !/^(system|job)/.test(entry.actor) ? sayActor(t, entry.actor) : '',
        ].filter(Boolean);
        return (
          <li key={i} data-tone={bad.has(entry.what) ? 'bad' : doubtful.has(entry.what) ? 'wait' : 'plain'}>
            <div>
              {sayEvent(t, entry.what)}
              {details.length > 0 && <span className={styles.details}> · {details.join(' · ')}</span>}
            </div>
            <time dateTime={entry.at} title={time(entry.at)}>
              {ago(entry.at)} · {time(entry.at)}
            </time>
          </li>
        );
      })}
    </ol>
  );
}

/** Newest first. One event told by two books (the audit and the delivery's own story) is shown once. */
function newestOnce(entries: TimelineEntry[]): TimelineEntry[] {
  const shown: TimelineEntry[] = [];
  for (const entry of [...entries].reverse()) {
    const twin = shown.some(
      (other) =>
        eventWords[other.what] !== undefined &&
        eventWords[other.what] === eventWords[entry.what] &&
        Math.abs(Date.parse(other.at) - Date.parse(entry.at)) < 3000,
    );
    if (!twin) shown.push(entry);
  }
  return shown;
}
