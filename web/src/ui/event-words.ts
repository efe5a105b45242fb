import type { Key, Translate } from '../texts.ts';
import { deliveryWords } from './status.tsx';

/** Words of the steps, by the lasting word of the audit trail and of a delivery's own story. */
export const eventWords: Record<string, Key> = {
  ordered: 'event.ordered',
  paid: 'event.paid',
  received: 'event.received',
  prepared: 'event.prepared',
  created: 'event.prepared',
  'document edited': 'event.edited',
  'document issued': 'event.issued',
  'PDF kept': 'event.pdf',
  'document reopened': 'event.reopened',
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
  'term of keeping changed': 'event.archiveTerm',
  'archive begun': 'event.archiveBegun',
  'archive made': 'event.archiveMade',
  'archive called off': 'event.archiveOff',
  'archive file taken': 'event.archiveTaken',
  'removal of archived documents asked for': 'event.archiveRemoval',
  'archived documents removed': 'event.archiveRemoved',
  'import finished': 'event.importFinished',
  'import done': 'event.importFinished',
  'connection resumed': 'event.connectionResumed',
  'connection paused': 'event.connectionPaused',
  'connection blocked': 'event.blocked',
  'credentials forgotten': 'event.credentialsForgotten',
  'series blocked': 'event.seriesBlocked',
  'connection active': 'event.connectionResumed',
  'cause opened': 'event.causeOpened',
  'cause over': 'event.causeOver',
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
  'agent confirmed': 'event.agentConfirmed',
  'agent key rotated': 'event.agentKey',
  'agent key rotation asked for': 'event.agentKey',
  'agent paired': 'event.agentPaired',
  'booking undone': 'event.bookingUndone',
  'charged twice': 'event.chargedTwice',
  'connection removed': 'event.connectionRemoved',
  'desk: again': 'event.asksAgain',
  'desk: closed': 'event.deskClosed',
  'desk: invoice': 'event.asksInvoice',
  'desk: mend': 'event.asksMend',
  'desk: report': 'event.asksReport',
  'document cleared': 'event.cleared',
  'documents written to a file': 'event.fileWritten',
  'import cancelled': 'event.importCancelled',
  'import failed': 'event.importFailed',
  'invitation withdrawn': 'event.invitationWithdrawn',
  'look-alike adopted': 'event.lookalikeAdopted',
  'look-alike refused': 'event.lookalikeRefused',
  'mail arrived': 'event.delivered',
  'mail cancel': 'event.cancelled',
  'mail send_again': 'event.sentAgain',
  'mandate found that nobody knows': 'event.cardFound',
  'merging undone': 'event.unmerged',
  'number given up': 'event.numberGivenUp',
  'order shipped': 'event.shipped',
  'payment booked': 'event.paymentBooked',
  'payment kept as credit': 'event.paymentCredit',
  'payment set aside': 'event.paymentAside',
  'payment taken back': 'event.paymentBack',
  'plan changed by customer': 'event.planByCustomer',
  'plan ordered': 'event.planOrdered',
  'receivable adopted': 'event.claimAdopted',
  'receivable asked for': 'event.claimAsked',
  'receivable: answered': 'event.claimAnswered',
  'receivable: followed': 'event.claimFollowed',
  'sent once more by a person’s word': 'event.onceMore',
  'transfer found at the provider': 'event.found',
  'webhook calls retried': 'event.webhookRetried',
};

const done: Record<string, Key> = {
  made: 'audit.made',
  changed: 'audit.changed',
  saved: 'audit.changed',
  set: 'audit.changed',
  removed: 'audit.removed',
  deleted: 'audit.removed',
  revoked: 'audit.revoked',
  sent: 'audit.sent',
};
/** What is told with a state or a verb of its own. */
const withState: [RegExp, Key][] = [
  [/^receivable: (?<verb>\w+) (?<state>.+)$/, 'event.claim'],
  [/^transfer asked for: (?<verb>\w+)$/, 'event.transferAsked'],
  [/^transfer (?<state>\w+)$/, 'event.transferred'],
  [/^subscription (?<state>\w+)$/, 'event.subscription'],
  [/^mandate (?<state>\w+)$/, 'event.mandate'],
  [/^statement (?<state>\w+)$/, 'event.statement'],
  [/^standing (?<state>\w+)$/, 'event.standing'],
  [/^notice (?<state>.+)$/, 'event.notice'],
  [/^(?:charge|refund) (?<state>.+)$/, 'event.charged'],
];

/** One step of the audit trail in words; one that nobody named yet is shown as it is called inside. */
export function sayEvent(t: Translate, what: string): string {
  const key = eventWords[what];
  if (key) return t(key);
  const [, thing, verb] = /^(.+) (\w+)$/.exec(what) ?? [];
  const named = thing && t(`audit.thing.${thing}` as Key);
  if (verb && done[verb] && named && !named.startsWith('audit.')) return t(done[verb], { what: named });
  for (const [pattern, text] of withState) {
    const groups = pattern.exec(what)?.groups;
    if (groups) return t(text, { verb: word(t, 'verb', groups.verb), state: stateWord(t, groups.state) });
  }
  return what;
}

function word(t: Translate, area: string, name = ''): string {
  const key = `${area}.${name}`;
  const text = t(key as Key);
  return text === key ? name : text;
}

const stateWord = (t: Translate, state = ''): string =>
  deliveryWords[state] ? t(deliveryWords[state]) : state === 'asked for' ? t('delivery.queued') : word(t, 'billing.state', state);

/** `user:<id>:<name>` and the like: the part that people know. */
export function sayActor(t: Translate, actor: string): string {
  if (actor === 'system') return t('activity.system');
  if (actor === 'buyer') return t('desk.by.buyer');
  return actor.split(':').at(-1) ?? actor;
}
