import { Readable } from 'node:stream';
import { archiveOverview, cancelArchive, openPart, readRun, removeArchived, saveRetention, startArchive } from '../../archive/index.ts';
import { hold } from '../../domain/finding.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'archive';

/** Of a run that is not where it would have to be: absent, or the reason. */
async function refusal({ ctx, who }: Call, id: string, code: string): Promise<Error> {
  const run = await ctx.store.org(who.organizationId, (tx) => readRun(tx, who.organizationId, id));
  if (!run) return notFound('an archive of this id');
  return new Refusal(409, 'archive-elsewhere', 'The archive is not at that step.', [hold(code, 'archive', { state: run.state })]);
}

export const archiveRoutes = [
  route({
    method: 'GET',
    url: '/archive',
    needs: 'archive',
    tag,
    summary: 'How long documents are kept, how many are past their term, and the archives made',
    answer: s.archiveSchema,
    handler: async ({ ctx, who }) => archiveOverview(ctx, who.organizationId),
  }),
  route({
    method: 'PUT',
    url: '/archive/terms',
    needs: 'archive',
    tag,
    summary: 'Set how long documents are kept; never shorter than the law of the country',
    body: s.retentionInput,
    answer: s.termsSchema,
    handler: async ({ ctx, who, body }) => {
      const terms = await saveRetention(ctx, who, body);
      if (!terms) throw new Refusal(422, 'refused', 'The law of the country keeps documents longer.', [hold('H_RETENTION_SHORT', 'years')]);
      return terms;
    },
  }),
  route({
    method: 'POST',
    url: '/archive',
    needs: 'archive',
    tag,
    summary: 'Make archive files of every document whose term is over, and of orders as old that never had one; nothing is removed yet',
    answer: s.archiveRunSchema,
    status: 202,
    handler: async ({ ctx, who }) => {
      const started = await startArchive(ctx, who);
      if ('findings' in started) throw new Refusal(422, 'refused', 'No archive was begun.', started.findings);
      return started.run;
    },
  }),
  route({
    method: 'GET',
    url: '/archive/:id/parts/:seq',
    needs: 'archive',
    tag,
    summary: 'One file of an archive; that it was taken whole is noted',
    params: s.archivePartParams,
    produces: 'application/zip',
    handler: async ({ ctx, who, params, reply }) => {
      const part = await openPart(ctx, who, params.id, params.seq);
      if (!part) throw notFound('an archive file of this number');
      return sendFile(reply, { ...part, bytes: Readable.from(part.bytes, { objectMode: false }), download: true });
    },
  }),
  route({
    method: 'POST',
    url: '/archive/:id/remove',
    needs: 'archive',
    tag,
    summary: 'Remove what the archive holds: its files were taken, number, day and amounts stay',
    params: s.idParams,
    answer: s.archiveRunSchema,
    status: 202,
    handler: async (call) => {
      const run = await removeArchived(call.ctx, call.who, call.params.id);
      if (!run) throw await refusal(call, call.params.id, 'H_ARCHIVE_NOT_TAKEN');
      return run;
    },
  }),
  route({
    method: 'POST',
    url: '/archive/:id/cancel',
    needs: 'archive',
    tag,
    summary: 'Call an archive off before anything is removed; its files go',
    params: s.idParams,
    answer: s.archiveRunSchema,
    handler: async (call) => {
      const run = await cancelArchive(call.ctx, call.who, call.params.id);
      if (!run) throw await refusal(call, call.params.id, 'H_ARCHIVE_NOT_OPEN');
      return run;
    },
  }),
];
