export { four } from '../contract/cause.ts';
export { blockConnection, blockedSeries, blockSeries, closeCases, openCase } from './cases.ts';
export { allWords, causeListed, causeOf, type Explanation, explain, fill, filled, spoken, spokenInAll } from './explain.ts';
export { generalCauses } from './general.ts';
export { listCauses, sweepCases } from './list.ts';
export { sweepTells, tellCause } from './tell.ts';
export { findingWords } from './texts/index.ts';
export { valueWords } from './texts/values.ts';
