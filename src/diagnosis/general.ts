import type { Cause } from '../contract/manifest.ts';

/** Causes that no single connector owns. */
export const generalCauses: Cause[] = [];
