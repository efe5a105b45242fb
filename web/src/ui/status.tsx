import type { DocumentRow } from '../../../src/api/schemas/index.ts';
import { type Key, useT } from '../texts.ts';
import styles from './status.module.css';

export type Tone = 'good' | 'wait' | 'bad' | 'info' | 'plain';

/** A state in one word; the dot repeats the tone, never carries it alone. */
export function Chip({ tone, children, title }: { tone: Tone; children: string; title?: string }) {
  return (
    <span className={styles.chip} data-tone={tone} title={title}>
      <span className={styles.dot} aria-hidden="true" />
      <span className="cut">{children}</span>
    </span>
  );
}

const stateTones: Record<DocumentRow['state'], Tone> = {
  to_issue: 'info',
  submitted: 'wait',
  refused: 'bad',
  issued: 'good',
  withdrawn: 'plain',
  merged: 'plain',
  cancelled: 'plain',
  archived: 'plain',
};

export function StateChip({ document }: { document: Pick<DocumentRow, 'state' | 'held'> }) {
  const t = useT();
  if (document.held && document.state === 'to_issue') return <Chip tone="wait">{t('state.held')}</Chip>;
  if (document.state === 'to_issue') return <Chip tone="good">{t('state.ready')}</Chip>;
  return <Chip tone={stateTones[document.state]}>{t(`state.${document.state}`)}</Chip>;
}

const deliveryTones: Record<string, Tone> = {
  queued: 'wait',
  waiting: 'wait',
  sending: 'wait',
  'handed-over': 'good',
  handed_over: 'good',
  sent: 'good',
  delivered: 'good',
  accepted: 'good',
  visible: 'good',
  uploaded: 'wait',
  replaced: 'plain',
  done: 'good',
  printed: 'good',
  refused: 'bad',
  bounced: 'bad',
  failed: 'bad',
  rejected: 'bad',
  unknown: 'wait',
  pending: 'wait',
  deferred: 'wait',
  held: 'wait',
  cancelled: 'plain',
  skipped: 'plain',
};
export const deliveryWords: Record<string, Key> = {
  queued: 'delivery.queued',
  waiting: 'delivery.queued',
  sending: 'delivery.sending',
  'handed-over': 'delivery.handedOver',
  handed_over: 'delivery.handedOver',
  sent: 'delivery.handedOver',
  delivered: 'delivery.delivered',
  refused: 'delivery.refused',
  bounced: 'delivery.bounced',
  failed: 'delivery.failed',
  unknown: 'delivery.unknown',
  accepted: 'delivery.accepted',
  rejected: 'delivery.rejected',
  pending: 'delivery.pending',
  visible: 'delivery.visible',
  uploaded: 'delivery.uploaded',
  replaced: 'delivery.replaced',
  printed: 'delivery.printed',
  deferred: 'delivery.deferred',
  held: 'delivery.held',
  cancelled: 'delivery.cancelled',
  skipped: 'delivery.skipped',
  done: 'delivery.delivered',
};

/** Status of a delivery or a transfer. */
export function WayChip({ status }: { status: string }) {
  const t = useT();
  const word = deliveryWords[status];
  return <Chip tone={deliveryTones[status] ?? 'info'}>{word ? t(word) : status}</Chip>;
}
