export {
  type DocumentState,
  isContentOpen,
  type MoveName,
  move,
  moves,
  possibleMoves,
  states,
} from './lifecycle.ts';
