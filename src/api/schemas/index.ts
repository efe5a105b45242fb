/**
 * Every request and answer of `/api/v1`, once: the checks, the OpenAPI document and the types of the web are made from these.
 * Money is a decimal string, an instant ISO 8601 with Z, a day YYYY-MM-DD in the organization's zone. Absent is null in answers.
 */
export * from './accounts.ts';
export * from './agents.ts';
export * from './archive.ts';
export * from './billing.ts';
export * from './books.ts';
export * from './channel.ts';
export * from './common.ts';
export * from './completeness.ts';
export * from './connections.ts';
export * from './demo.ts';
export * from './desk.ts';
export * from './documents.ts';
export * from './home.ts';
export * from './imports.ts';
export * from './mail.ts';
export * from './orders.ts';
export * from './organization.ts';
export * from './parties.ts';
export * from './payments.ts';
export * from './providers.ts';
export * from './series.ts';
