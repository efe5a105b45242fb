/**
 * The life of a document. One table is the truth: the database column holds a state, every change of it is a move named here, and
 * every move is one entry of the audit trail.
 *
 *                       ┌── merge ──> merged ── unmerge ──┐
 *   to_issue <──────────┴─────────────────────────────────┘
 *      │ ├── withdraw ──> withdrawn ── restore ──> to_issue
 *      │ └── cancel ───> cancelled
 *      ├── issue ───────────────────────────────> issued            (own number, nobody has to clear it)
 *      └── submit ──> submitted ── accept ──────> issued            (the provider numbers, or an authority clears)
 *                        └── refuse ──> refused ── mend, submit, withdraw, give_up
 *   issued ── reopen ──> refused                                  (the provider reported it, the authority refused)
 *   issued ── archive ─> archived                                 (its term of keeping is over; number, day and amounts stay)
 *
 * `submitted` is locked because the other side may hold it already; `refused` is open again and keeps a number it was given.
 */
export type DocumentState = 'to_issue' | 'submitted' | 'refused' | 'issued' | 'withdrawn' | 'merged' | 'cancelled' | 'archived';
export type MoveName =
  | 'issue'
  | 'submit'
  | 'accept'
  | 'refuse'
  | 'reopen'
  | 'unsubmit'
  | 'mend'
  | 'withdraw'
  | 'restore'
  | 'merge'
  | 'unmerge'
  | 'cancel'
  | 'give_up'
  | 'archive';

/** Who may make a move: a person with the right role, the product itself (a job, a rule), or the other side's answer. */
type Mover = 'person' | 'system' | 'outside';

type Move = {
  name: MoveName;
  from: readonly DocumentState[];
  to: DocumentState;
  by: readonly Mover[];
  /** The move may carry a changed content with it. */
  changesContent: boolean;
  /** A stated reason is kept with it (a number given up needs one in the register). */
  needsReason?: boolean;
};

export const states: readonly { name: DocumentState; contentOpen: boolean }[] = [
  { name: 'to_issue', contentOpen: true },
  { name: 'submitted', contentOpen: false },
  { name: 'refused', contentOpen: true },
  { name: 'issued', contentOpen: false },
  { name: 'withdrawn', contentOpen: false },
  { name: 'merged', contentOpen: false },
  { name: 'cancelled', contentOpen: false },
  { name: 'archived', contentOpen: false },
];

export const moves: readonly Move[] = [
  { name: 'issue', from: ['to_issue'], to: 'issued', by: ['person', 'system'], changesContent: false },
  { name: 'submit', from: ['to_issue', 'refused'], to: 'submitted', by: ['person', 'system'], changesContent: false },
  { name: 'accept', from: ['submitted'], to: 'issued', by: ['outside'], changesContent: false },
  { name: 'refuse', from: ['submitted'], to: 'refused', by: ['outside'], changesContent: false },
  { name: 'reopen', from: ['issued'], to: 'refused', by: ['outside'], changesContent: false },
  // Proven absent over there and never numbered: as if it had not been sent.
  { name: 'unsubmit', from: ['submitted'], to: 'to_issue', by: ['system'], changesContent: false },
  { name: 'mend', from: ['to_issue', 'refused'], to: 'to_issue', by: ['person', 'system'], changesContent: true },
  { name: 'withdraw', from: ['to_issue', 'refused'], to: 'withdrawn', by: ['person', 'system'], changesContent: false },
  { name: 'restore', from: ['withdrawn'], to: 'to_issue', by: ['person'], changesContent: false },
  { name: 'merge', from: ['to_issue'], to: 'merged', by: ['person'], changesContent: false },
  { name: 'unmerge', from: ['merged'], to: 'to_issue', by: ['person'], changesContent: false },
  // The order was cancelled: nothing will come back.
  { name: 'cancel', from: ['to_issue', 'withdrawn'], to: 'cancelled', by: ['system', 'person'], changesContent: false },
  // A person asks for it; the nights do it.
  { name: 'archive', from: ['issued'], to: 'archived', by: ['system'], changesContent: false },
  { name: 'give_up', from: ['refused'], to: 'cancelled', by: ['person'], changesContent: false, needsReason: true },
];

/** What stands in the way of a move, as a value. */
type MoveRefusal = { refused: 'state' | 'mover' | 'reason' | 'numbered'; move: MoveName; from: DocumentState };

/** Facts a move is judged by. A refused document that has a number must not lose it quietly. */
type MoveFacts = { state: DocumentState; numbered: boolean };

/** The state after a move, or why it may not be made. Mending a refused document that has its number leaves it refused. */
export function move(facts: MoveFacts, name: MoveName, by: Mover, reason?: string): { to: DocumentState } | MoveRefusal {
  const found = moves.find((m) => m.name === name)!;
  const refusal = (refused: MoveRefusal['refused']): MoveRefusal => ({ refused, move: name, from: facts.state });
  if (!found.from.includes(facts.state)) return refusal('state');
  if (!found.by.includes(by)) return refusal('mover');
  if (found.needsReason && !reason?.trim()) return refusal('reason');
  if (facts.numbered && facts.state === 'refused') {
    if (name === 'mend') return { to: 'refused' };
    if (name === 'withdraw') return refusal('numbered');
  }
  if (facts.numbered && name === 'unsubmit') return { to: 'refused' };
  return { to: found.to };
}

export function isContentOpen(state: DocumentState): boolean {
  return states.find((s) => s.name === state)!.contentOpen;
}

/** Moves a mover can make now, for the buttons of a screen. */
export function possibleMoves(facts: MoveFacts, by: Mover): MoveName[] {
  return moves.filter((m) => 'to' in move(facts, m.name, by, 'asked')).map((m) => m.name);
}
