import type { TimelineEntry } from '../../../src/api/schemas/index.ts';
import { useFormats } from '../format.ts';
import { useFindingWords } from '../session.tsx';
import { type Key, useT } from '../texts.ts';
import styles from './timeline.module.css';

/** Words of the steps; a step nobody named yet is shown as it is called inside. */
export const eventWords: Record<string, Key> = {
  ordered: 'event.ordered',
  paid: 'event.paid',
  received: 'event.received',
  prepared: 'event.prepared',
  created: 'event.prepared',
  'document edited': 'event.edited',
  'document issued': 'event.issued',
  'document kind changed': 'event.kind',
  'document made by hand': 'event.byHand',
  'document refreshed from its order': 'event.refreshed',
  'document split off': 'event.split',
  'document withdrawn': 'event.withdrawn',
  'document restored': 'event.restored',
  'documents merged': 'event.merged',
  'merged into another document': 'event.mergedInto',
  'correction prepared': 'event.correction',
  'invoice prepared after proforma': 'event.afterProforma',
  'prepayment invoice prepared': 'event.prepayment',
  'made the final invoice': 'event.final',
  'order changed after issue': 'event.changedAfterIssue',
  'transfer tried again': 'event.transferAgain',
  sent: 'event.sent',
  'sent again': 'event.sentAgain',
  sent_again: 'event.sentAgain',
  asked: 'event.asked',
  found: 'event.found',
  accepted: 'event.accepted',
  pending: 'event.pending',
  'refused for now': 'event.refusedForNow',
  'answer lost': 'event.answerLost',
  'proven absent': 'event.absent',
  interrupted: 'event.interrupted',
  'cannot be settled': 'event.unsettled',
  queued: 'event.queued',
  waits: 'event.waits',
  held: 'event.held',
  handed_over: 'event.handedOver',
  refused: 'event.refused',
  bounced: 'event.bounced',
  given_up: 'event.givenUp',
  not_sent: 'event.notSent',
  unknown: 'event.unknown',
  delivered: 'event.delivered',
  arrived: 'event.delivered',
  delayed: 'event.delayed',
  failed: 'event.bounced',
  'mail queued': 'event.queued',
  'mail handed over': 'event.handedOver',
  'mail bounced': 'event.bounced',
  'mail refused': 'event.refused',
  'organization made': 'event.organizationMade',
  'organization changed': 'event.organizationChanged',
  'import finished': 'event.importFinished',
  'import done': 'event.importFinished',
  'series made': 'event.seriesChanged',
  'series changed': 'event.seriesChanged',
  'connection made': 'event.connectionMade',
  'connection resumed': 'event.connectionResumed',
  'connection paused': 'event.connectionPaused',
  'connection blocked': 'event.blocked',
  'connection active': 'event.connectionResumed',
  'cause opened': 'event.causeOpened',
  'cause over': 'event.causeOver',
  'API key made': 'event.keyMade',
  'invitation accepted': 'event.invitationAccepted',
  cancel: 'event.cancelled',
  uploaded: 'event.uploaded',
  'seen on the order': 'event.seenOnOrder',
  'not taken': 'event.notTaken',
  'not taken by the order': 'event.notTaken',
  'no clear answer': 'event.noClearAnswer',
  looked: 'event.lookedAtOrder',
  replaced: 'event.replaced',
  'tried again': 'event.triedAgain',
  'put on the order again': 'event.triedAgain',
  'orders asked for': 'event.ordersAskedFor',
  'waits for its turn': 'event.waitsTurn',
  send_again: 'event.sentAgain',
  'print queued': 'event.printQueued',
  'print with the agent': 'event.printWithAgent',
  'print waits': 'event.printWaits',
  'print in the printer': 'event.printInPrinter',
  'print goes on': 'event.printWithAgent',
  'print printed': 'event.printed',
  'print seen': 'event.printed',
  'print refused': 'event.printRefused',
  'print unknown': 'event.printUnknown',
  'print cancelled': 'event.printCancelled',
  'print asked back': 'event.printAskedBack',
  'print again': 'event.printAgain',
  'print arrived': 'event.printed',
  'print cancel': 'event.printCancelled',
};
const bad = new Set([
  'refused',
  'bounced',
  'given_up',
  'not_sent',
  'failed',
  'connection blocked',
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
        const key = eventWords[entry.what];
        const p = entry.params ?? {};
        const cause = text(p.cause);
        const details = [
          text(p.number),
          text(p.recipient) || text(p.copyOf),
          text(p.connection),
          text(p.order),
          cause && finding({ code: cause }).text,
          text(p.reason),
          entry.actor && !/^(system|job)/.test(entry.actor) ? actorName(entry.actor) : '',
        ].filter(Boolean);
        return (
          <li key={i} data-tone={bad.has(entry.what) ? 'bad' : doubtful.has(entry.what) ? 'wait' : 'plain'}>
            <div>
              {key ? t(key) : entry.what}
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

/** `user:<id>:<name>` and the like: the part that people know. */
export const actorName = (actor: string): string => actor.split(':').at(-1) ?? actor;
