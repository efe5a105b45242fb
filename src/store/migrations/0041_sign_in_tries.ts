import { type Kysely, sql } from 'kysely';

/** Wrong log-ins by account and network, both under a key: the rows tell neither who nor where from. `*` counts what came from strange networks. */
const statements = [
  `create table sign_in_try (account text not null, network text not null, wrong int not null default 0, tried_at timestamptz not null,
    signed_in_at timestamptz, told_at timestamptz, primary key (account, network))`,
  `create index sign_in_try_tried on sign_in_try (tried_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
