export { type CauseCase, causeOf, closeCases, fill, filled, openCase } from './cases.ts';
