import * as spine from './0001_spine.ts';

export const migrations = { '0001_spine': spine };
