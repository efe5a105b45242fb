export {
  type DocumentState,
  isContentOpen,
  isLive,
  type MoveName,
  move,
  moves,
  possibleMoves,
  startState,
  states,
} from './lifecycle.ts';
