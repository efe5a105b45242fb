export {
  formatNumber,
  mayCollide,
  nextPeriodStart,
  type PatternProblem,
  parseNumber,
  periodKey,
  previewNumbers,
  type Reset,
  validatePattern,
} from './pattern.ts';
