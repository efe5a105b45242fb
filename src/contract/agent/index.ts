export * from './causes.ts';
export * from './keys.ts';
export * from './protocol.ts';
