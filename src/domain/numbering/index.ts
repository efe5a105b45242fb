export {
  formatNumber,
  mayCollide,
  type PatternProblem,
  parseNumber,
  periodKey,
  type Reset,
  validatePattern,
} from './pattern.ts';
