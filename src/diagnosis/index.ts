export { type CauseCase, closeCases, openCase } from './cases.ts';
export { allWords, causeListed, causeOf, type Explanation, explain, fill, filled } from './explain.ts';
export { generalCauses } from './general.ts';
export { sweepTells, tellCause } from './tell.ts';
export { findingWords, type Words } from './texts/index.ts';
