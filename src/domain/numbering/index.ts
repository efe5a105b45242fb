export {
  formatNumber,
  maxNumberLength,
  nextPeriodStart,
  type ParsedNumber,
  type PatternProblem,
  type PatternWords,
  parseNumber,
  periodKey,
  previewNumbers,
  type Reset,
  resets,
  validatePattern,
} from './pattern.ts';
