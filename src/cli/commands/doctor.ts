import { existsSync, statfsSync } from 'node:fs';
import { sql } from 'kysely';
import { openStore } from '../../open.ts';
import { migrate, unopened, verifyAudit } from '../../store/index.ts';
import type { Command } from '../command.ts';

type Finding = { level: 'ok' | 'warning' | 'failure'; what: string; remedy?: string };

/** Above this the embedded database still works, and a server works better (DESIGN §5.14). */
const manyDocuments = 200_000;
const littleSpaceBytes = 1024 ** 3;

export const doctorCommand: Command['run'] = async ({ config, values, out, open }) => {
  const findings: Finding[] = [];
  const hadKey = existsSync(config.secretKeyFile);
  const opened = await open({ work: false });
  try {
    const { ctx } = opened;
    findings.push({ level: 'ok', what: ctx.store.embedded ? `embedded database in ${config.dataFolder}` : 'PostgreSQL' });
    findings.push(
      hadKey
        ? { level: 'ok', what: `key file ${config.secretKeyFile}` }
        : {
            level: 'warning',
            what: 'the key file was missing and has been made anew',
            remedy: 'Nothing was sealed yet. Keep it safe from now on, apart from the backups.',
          },
    );
    for (const [table, n] of Object.entries(await ctx.store.system((tx) => unopened(tx, ctx.vault))))
      findings.push({
        level: 'failure',
        what: `${n} sealed values of ${table} open with no key of ${config.secretKeyFile}`,
        remedy: 'Bring back the key that they were sealed with; if it is lost, stop Fakturist and run fakturist change-key --lost.',
      });
    const organizations = await ctx.store.db.selectFrom('organization').select(['id', 'name']).execute();
    if (organizations.length === 0)
      findings.push({ level: 'warning', what: 'there is no organization', remedy: 'fakturist init --organization NAME --country PL …' });
    let documents = 0n;
    for (const { id, name } of organizations) {
      const verdict = await ctx.store.org(id, (tx) => verifyAudit(tx, id));
      findings.push(
        verdict.brokenAt === undefined
          ? { level: 'ok', what: `${name}: audit chain of ${verdict.entries} entries is whole` }
          : {
              level: 'failure',
              what: `${name}: the audit chain is broken at entry ${verdict.brokenAt}`,
              remedy: 'Somebody changed the database by hand: compare with a backup.',
            },
      );
      const { rows } = await ctx.store.org(id, (tx) =>
        sql<{ documents: bigint; gaps: bigint; blocked: bigint }>`
          select (select count(*) from document where organization_id = ${id}) as documents, (select count(*) from connection where organization_id = ${id} and status = 'blocked') as blocked,
            (select count(*) from (select sequence_no - coalesce(lag(sequence_no) over (partition by series_id, period order by sequence_no), 0) as step from number_register where organization_id = ${id}) g where step <> 1) as gaps`.execute(
          tx,
        ),
      );
      const [row] = rows;
      documents += row!.documents;
      findings.push(
        row!.gaps === 0n
          ? { level: 'ok', what: `${name}: numbers without gaps` }
          : { level: 'failure', what: `${name}: ${row!.gaps} gaps in its numbers`, remedy: 'fakturist reconcile lists them.' },
      );
      if (row!.blocked > 0n)
        findings.push({
          level: 'warning',
          what: `${name}: ${row!.blocked} blocked connections`,
          remedy: 'Open the connection in the screens: the cause and its remedy stand there.',
        });
    }
    if (ctx.store.embedded && documents > manyDocuments)
      findings.push({
        level: 'warning',
        what: `${documents} documents in the embedded database`,
        remedy: 'Move to PostgreSQL: set DATABASE_URL to an empty database and run fakturist move.',
      });
    if (ctx.store.embedded) findings.push(space(config.dataFolder));
  } finally {
    await opened.close();
  }
  for (const finding of findings)
    out.say(
      `${finding.level === 'ok' ? 'ok      ' : finding.level.padEnd(8)} ${finding.what}${finding.remedy ? `\n         ${finding.remedy}` : ''}`,
    );
  out.result({ findings, organization: values.organization });
  return findings.some((finding) => finding.level !== 'ok') ? 1 : 0;
};

function space(folder: string): Finding {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const gigabytes = (free / 1024 ** 3).toFixed(1);
  return free < littleSpaceBytes
    ? { level: 'warning', what: `only ${gigabytes} GB free`, remedy: 'Make room before the database has to stop.' }
    : { level: 'ok', what: `${gigabytes} GB free` };
}

export const migrateCommand: Command['run'] = async ({ config, out }) => {
  const store = await openStore(config);
  try {
    const done = await migrate(store);
    out.say(done.length > 0 ? `applied: ${done.join(', ')}` : 'up to date');
    out.result({ applied: done });
    return 0;
  } finally {
    await store.close();
  }
};
