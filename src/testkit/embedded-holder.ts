import { sql } from 'kysely';
import { openEmbedded } from '../store/index.ts';

/** A process that holds an embedded database and commits until it is killed. */
const store = await openEmbedded(process.argv[2]!);
await store.system((tx) => sql`create table held (n int)`.execute(tx));
for (let n = 1; ; n++) {
  await store.system((tx) => sql`insert into held values (${n})`.execute(tx));
  process.stdout.write(`committed ${n}\n`);
}
