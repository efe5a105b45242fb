import * as spine from './0001_spine.ts';
import * as accounts from './0002_accounts.ts';

export const migrations = { '0001_spine': spine, '0002_accounts': accounts };
