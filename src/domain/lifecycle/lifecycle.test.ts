import { describe, expect, test } from 'vitest';
import { type DocumentState, isContentOpen, move, moves, possibleMoves, states } from './index.ts';

/** The table of moves keeps the promises of the product: every state can be reached, and issued is for ever. */
describe('the table', () => {
  test('every state can be reached from the start, and every move names known states', () => {
    const names = new Set(states.map((state) => state.name));
    for (const m of moves) for (const state of [...m.from, m.to]) expect(names).toContain(state);
    const reached = new Set<DocumentState>(['to_issue']);
    for (let grown = true; grown; ) {
      const before = reached.size;
      for (const m of moves) if (m.from.some((state) => reached.has(state))) reached.add(m.to);
      grown = reached.size > before;
    }
    expect([...reached].sort()).toEqual([...names].sort());
  });

  test('only an authority’s refusal leaves issued, by the other side, into refused, and the archive after its term; no locked state takes a changed content', () => {
    expect(moves.filter((m) => m.from.includes('issued')).map(({ name, to, by }) => ({ name, to, by }))).toEqual([
      { name: 'reopen', to: 'refused', by: ['outside'] },
      { name: 'archive', to: 'archived', by: ['system'] },
    ]);
    for (const m of moves.filter((m) => m.changesContent)) for (const state of m.from) expect(isContentOpen(state)).toBe(true);
    expect(states.filter((state) => state.contentOpen).map((state) => state.name)).toEqual(['to_issue', 'refused']);
  });

  test('a move has one name', () => {
    expect(new Set(moves.map((m) => m.name)).size).toBe(moves.length);
  });

  test('only the other side accepts and refuses', () => {
    for (const name of ['accept', 'refuse'] as const) {
      expect(move({ state: 'submitted', numbered: false }, name, 'person')).toMatchObject({ refused: 'mover' });
      expect(move({ state: 'submitted', numbered: false }, name, 'outside')).toHaveProperty('to');
    }
  });
});

describe('a document that was numbered and refused', () => {
  const refused = { state: 'refused' as const, numbered: true };

  test('is mended in place and sent again', () => {
    expect(move(refused, 'mend', 'person')).toEqual({ to: 'refused' });
    expect(move(refused, 'submit', 'person')).toEqual({ to: 'submitted' });
  });

  test('loses its number only with a stated reason', () => {
    expect(move(refused, 'withdraw', 'person')).toMatchObject({ refused: 'numbered' });
    expect(move(refused, 'give_up', 'person', '  ')).toMatchObject({ refused: 'reason' });
    expect(move(refused, 'give_up', 'person', 'order withdrawn')).toEqual({ to: 'cancelled' });
  });

  test('without a number it goes back to the queue', () => {
    expect(move({ state: 'refused', numbered: false }, 'mend', 'person')).toEqual({ to: 'to_issue' });
    expect(move({ state: 'submitted', numbered: true }, 'unsubmit', 'system')).toEqual({ to: 'refused' });
  });
});

test('what is submitted is locked: only answers move it', () => {
  expect(possibleMoves({ state: 'submitted', numbered: false }, 'person')).toEqual([]);
  expect(possibleMoves({ state: 'submitted', numbered: false }, 'outside')).toEqual(['accept', 'refuse']);
});

test('a person in the queue', () => {
  expect(possibleMoves({ state: 'to_issue', numbered: false }, 'person')).toEqual([
    'issue',
    'submit',
    'mend',
    'withdraw',
    'merge',
    'cancel',
  ]);
  expect(possibleMoves({ state: 'withdrawn', numbered: false }, 'person')).toEqual(['restore', 'cancel']);
  expect(move({ state: 'issued', numbered: true }, 'withdraw', 'person')).toMatchObject({ refused: 'state' });
});
