import type { Selectable } from 'kysely';
import type { OpenConnection } from '../connections/index.ts';
import type { CauseRef, Outcome, TransferRequest, Transfers } from '../contract/connector.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { Context } from '../jobs/index.ts';
import type { Tables } from '../store/index.ts';

/**
 * The write path to a provider (DESIGN §3.2, §5.4). The row in `transfer` is the truth, a job is only a nudge:
 *
 *   waiting ──claim──> sending ──> accepted
 *      ↑                  ├──────> pending ──look──> …
 *      │                  ├──────> rejected          (nothing exists over there; mended, it is sent again)
 *      │                  └──────> unknown ──settle──┬── present: accepted (adopted)
 *      └───────────── proven absent ─────────────────┘
 *
 * The claim commits before the request leaves, and is renewed just before the one call that may make something. A killed process
 * leaves `sending` behind; after the lease it counts as unknown. Locks are taken in the order connection gate, document, transfer, trail (ADR 3);
 * a row of the request gate comes last and is held for nothing else.
 *
 * `dispatch` keeps a connection busy: `claim` says who goes next, `step` calls the provider, `record` and `accept` store what came back.
 */
export type Transfer = Selectable<Tables['transfer']>;
export type DocumentRecord = Selectable<Tables['document']>;
export type Limits = NonNullable<Manifest['limits']>;

const defaultLimits: Limits = { concurrency: 4, maxSends: 5, timeoutMs: 60_000, settleAfterMs: 60_000 };
/** Questions about one document that ask the same thing: as few as sends, then a person looks; more only when a person asks for it. */
const maxAsks = 5;
/** How many questions are asked of themselves, and how many if a person wishes. */
export function asksAllowed(limits: Pick<Limits, 'maxAsks'>, wished?: unknown): { now: number; ever: number } {
  const most = limits.maxAsks ?? maxAsks;
  return { now: Math.min(Number(wished ?? most), 2 * most), ever: 2 * most };
}
export type Claim = {
  transfer: Transfer;
  /** The row as it was, to give it back. */
  before: Transfer;
  document: DocumentRecord;
  open: OpenConnection;
  /** When its first request may leave, where the provider limits them. */
  prepaid: { at?: Date };
  transfers: Transfers;
  request: TransferRequest;
  limits: Limits;
  step: 'send' | 'settle' | 'look';
};
/** `wait`: the provider's limit of requests was used up before anything left that may have made something. */
export type StepResult = { kind: 'outcome'; outcome: Outcome } | { kind: 'absent' } | { kind: 'lost' } | { kind: 'wait'; until: Date };

export function limitsOf(ctx: Pick<Context, 'connectors'>, connector: string): Limits {
  return ctx.connectors.get(connector)?.manifest.limits ?? defaultLimits;
}

/** Longer than a step can take after its claim was renewed, the other side's own slowness included. */
export function leaseMs(limits: Limits): number {
  return freshMs + 3 * limits.timeoutMs + limits.settleAfterMs;
}

/** A claim this young need not be renewed before the call that may make something: the lease reckons with it. */
export const freshMs = 5_000;

/** The transfer stands for the document itself: its first issue, or its change after the authority refused it. */
export function issuing({ verb }: Pick<Transfer, 'verb'>): boolean {
  return verb === 'issue' || verb === 'change';
}

/**
 * Questions that reached the provider or may have: each counts against its patience. Where an absence leads to another send by a
 * person's word, questions about that send begin anew.
 */
export function asksOf(transfer: Pick<Transfer, 'story'>, limits: Pick<Limits, 'absence'> = {}): number {
  const from = limits.absence ? transfer.story.findLastIndex((s) => s.what === 'sent again') + 1 : 0;
  return transfer.story.slice(from).filter((s) => s.what === 'asked' || s.what === 'interrupted' || s.what === 'read again').length;
}

/** A likeness stays the reason that a person is asked about, however often it was found. */
export function unsettled(transfer: Transfer): CauseRef {
  const last = (transfer.cause ?? {}) as Partial<CauseRef>;
  if (last.code === 'LIKENESS_FOUND') return last as CauseRef;
  return {
    code: 'UNSETTLED',
    params: { ...last.params, message: last.providerText ?? last.params?.message ?? last.code ?? '–' },
    providerCode: last.providerCode,
    providerText: last.providerText,
  };
}
