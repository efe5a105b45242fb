import type { Readable } from 'node:stream';
import type { MultipartFile } from '@fastify/multipart';
import { csvOf } from '../../books/index.ts';
import { type FileSource, lineFields, orderFields, type Profile } from '../../contract/order-file.ts';
import { explain } from '../../diagnosis/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import type { Finding } from '../../domain/finding.ts';
import {
  BadImportOption,
  cancelImport,
  createImport,
  deleteProfile,
  homeOf,
  importRecords,
  importReport,
  importSources,
  inspectFile,
  keepUpload,
  listImports,
  listProfiles,
  previewProfile,
  readImport,
  reportTable,
  saveProfile,
  storedSource,
  takeUpload,
  UnknownConnector,
  unpack,
} from '../../intake/index.ts';
import { announce, audit, removeFile, type StoredFile, storeStream } from '../../store/index.ts';
import { readOrganization } from '../../toissue/index.ts';
import { mustHave } from '../present.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'imports';
const uploadLimitBytes = 200 * 1024 * 1024;

async function keep({ ctx, who }: Call, name: string, mediaType: string, source: AsyncIterable<Uint8Array>): Promise<StoredFile> {
  const stored = await storeStream(ctx.store, who.organizationId, ctx.now(), { name, mediaType, source, limitBytes: uploadLimitBytes });
  if ('tooLarge' in stored) throw new Refusal(413, 'file-too-large', `${name} is larger than ${uploadLimitBytes / 1024 / 1024} MB.`);
  await keepUpload(ctx, who.organizationId, stored.id);
  return stored;
}

async function keepPart(call: Call, part: MultipartFile): Promise<StoredFile> {
  const stored = await keep(call, part.filename || 'file', part.mimetype, part.file as Readable & AsyncIterable<Uint8Array>);
  if (part.file.truncated)
    throw new Refusal(413, 'file-too-large', `${part.filename} is larger than ${uploadLimitBytes / 1024 / 1024} MB.`);
  return stored;
}

/** The form: any number of files, and the options as one field of JSON wherever it stands. */
async function readForm(call: Call): Promise<{ files: StoredFile[]; options: s.ImportOptions }> {
  if (!call.request.isMultipart()) throw new Refusal(415, 'form-needed', 'Send files as multipart/form-data.');
  const files: StoredFile[] = [];
  let given: unknown = {};
  for await (const part of call.request.parts()) {
    if (part.type === 'file') files.push(await keepPart(call, part));
    else if (part.fieldname === 'options') given = parseJson(String(part.value));
  }
  const options = s.importOptionsSchema.safeParse(given);
  if (!options.success) {
    const [issue] = options.error.issues;
    throw new Refusal(400, 'invalid-request', `options.${issue!.path.join('.')}: ${issue!.message}`);
  }
  if (files.length === 0) throw new Refusal(400, 'file-missing', 'Send at least one file.');
  return { files, options: options.data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text || '{}');
  } catch {
    throw new Refusal(400, 'invalid-request', 'The field "options" is not JSON.');
  }
}

function sourceOf({ ctx, who }: Call, file: StoredFile): FileSource {
  return storedSource(ctx.store, who.organizationId, file);
}

async function savedProfiles({ ctx, who }: Call): Promise<Profile[]> {
  return (await ctx.store.org(who.organizationId, (tx) => listProfiles(tx, who.organizationId))).map((saved) => saved.profile);
}

const homeOfCall = ({ ctx, who }: Call) =>
  ctx.store.org(who.organizationId, async (tx) => homeOf(await readOrganization(tx, who.organizationId)));

/** The connector that knows the layout; for one nobody knows, the first that proposes a mapping. */
async function inspect(call: Call, source: FileSource) {
  const [profiles, home] = [await savedProfiles(call), await homeOfCall(call)];
  const readers = [...call.ctx.connectors.values()].filter((connector) => connector.files);
  let best: { connector: string; inspected: Awaited<ReturnType<typeof inspectFile>> } | undefined;
  for (const { manifest } of readers) {
    const inspected = await inspectFile(call.ctx, manifest.id, source, profiles, home, true);
    if (inspected.recognised) return { connector: manifest.id, inspected };
    if (!best || (inspected.proposal && !best.inspected.proposal)) best = { connector: manifest.id, inspected };
  }
  return best!;
}

type Inside = {
  found: StoredFile[];
  refused: { name: string; finding: Finding }[];
  /** The ZIPs themselves, and what was taken out of them: one of the two is not needed afterwards. */
  archives: StoredFile[];
  entries: StoredFile[];
};

/** Files of the form, those inside ZIPs as files of their own. */
async function unpacked(call: Call, files: StoredFile[]): Promise<Inside> {
  const found: StoredFile[] = [];
  const archives: StoredFile[] = [];
  const entries: StoredFile[] = [];
  const refused: { name: string; finding: Finding }[] = [];
  for (const file of files) {
    const inside = await unpack(sourceOf(call, file));
    const isPlain = inside.length === 1 && 'source' in inside[0]! && inside[0].source.name === file.name;
    if (isPlain) {
      found.push(file);
      continue;
    }
    for (const entry of inside) {
      if ('source' in entry) {
        const kept = await keep(call, entry.source.name, 'application/octet-stream', entry.source.open());
        found.push(kept);
        entries.push(kept);
      } else refused.push({ name: entry.name, finding: entry.refused });
    }
    archives.push(file);
  }
  return { found, refused, archives, entries };
}

async function start(call: Call, files: StoredFile[], { connector, connectionId, dryRun, ...options }: s.ImportOptions) {
  const { ctx, who } = call;
  if (connectionId) await mustHave(call, 'connection', connectionId);
  if (options.seriesId) await mustHave(call, 'series', options.seriesId);
  if (options.templateId) await mustHave(call, 'mail_template', options.templateId);
  if (options.profileId) await mustHave(call, 'import_profile', options.profileId);
  return refusing(async () => {
    if (dryRun) return await tryOut(call, files, { connector, connectionId, dryRun, ...options });
    const { found, refused, archives, entries } = await unpacked(call, files);
    // Whatever an import has taken meanwhile is no upload any more, and stays.
    const remove = async (some: StoredFile[]) => {
      for (const { id } of some)
        if (await ctx.store.org(who.organizationId, (tx) => takeUpload(tx, who.organizationId, id)))
          await removeFile(ctx.store, who.organizationId, id);
    };
    // Refused, it is left as it was uploaded, so that it can be asked for in other words.
    const runs = await begin(found).catch(async (error: Error) => {
      await remove(entries);
      throw error;
    });
    await remove(archives);
    return { runs, refused };
  });

  async function begin(found: StoredFile[]): Promise<s.ImportRun[]> {
    const runs: s.ImportRun[] = [];
    for (const file of found) {
      const reader = connector === 'auto' ? (await inspect(call, sourceOf(call, file))).connector : connector;
      const run = await ctx.store.org(who.organizationId, async (tx) => {
        if (!(await takeUpload(tx, who.organizationId, file.id))) throw notFound('an uploaded file of this id');
        const id = await createImport(tx, ctx, who, {
          connector: reader,
          connectionId,
          file,
          name: file.name,
          sizeBytes: file.sizeBytes,
          options,
        });
        return readImport(tx, who.organizationId, id);
      });
      runs.push(run!);
    }
    return runs;
  }
}

/** What an import cannot be asked for. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BadImportOption) throw new Refusal(422, 'option-wrong', error.message);
    if (error instanceof UnknownConnector) throw new Refusal(422, 'connector-unknown', error.message);
    throw error;
  }
}

async function tryOut(call: Call, files: StoredFile[], { connector, connectionId, ...options }: s.ImportOptions) {
  const { ctx, who } = call;
  try {
    const reader = connector === 'auto' ? (await inspect(call, sourceOf(call, files[0]!))).connector : connector;
    const { report } = await importSources(ctx, who, {
      connector: reader,
      connectionId,
      sources: files.map((file) => sourceOf(call, file)),
      options,
      dryRun: true,
    });
    return { runs: [], refused: [], report: report as unknown as s.ImportReport };
  } finally {
    for (const file of files) await removeFile(ctx.store, who.organizationId, file.id);
  }
}

async function uploaded({ ctx, who }: Call, id: string): Promise<StoredFile> {
  const row = await ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('file')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .where('size_bytes', '>=', 0n)
      // Of all files (documents, logos, archives) only what was uploaded to be looked at: a dry run takes it away again.
      .where((e) =>
        e.exists(
          e.selectFrom('upload').select('file_id').where('organization_id', '=', who.organizationId).whereRef('file_id', '=', 'file.id'),
        ),
      )
      .executeTakeFirst(),
  );
  if (!row) throw notFound('an uploaded file of this id');
  return { id: row.id, name: row.name, mediaType: row.media_type, sizeBytes: Number(row.size_bytes), sha256: row.sha256 };
}

async function reportOf({ ctx, who }: Call, id: string) {
  const report = await importReport(ctx, who.organizationId, id);
  if (!report) throw notFound('an import of this id');
  return report;
}

export const importRoutes = [
  route({
    method: 'POST',
    url: '/imports',
    needs: 'edit',
    tag,
    summary: 'Import order files (several at once, also in ZIPs); with dryRun only the report is answered and nothing is kept',
    consumes: 'multipart/form-data',
    answer: s.importAnswer,
    status: 201,
    handler: async (call) => {
      const { files, options } = await readForm(call);
      return start(call, files, options);
    },
  }),
  route({
    method: 'POST',
    url: '/imports/uploaded',
    needs: 'edit',
    tag,
    summary: 'Import files that were uploaded to be inspected',
    body: s.importUploadedInput,
    answer: s.importAnswer,
    status: 201,
    handler: async (call) => {
      const files: StoredFile[] = [];
      for (const id of new Set(call.body.uploadIds)) files.push(await uploaded(call, id));
      return start(call, files, call.body.options);
    },
  }),
  route({
    method: 'GET',
    url: '/imports',
    needs: 'read',
    tag,
    summary: 'Imports, newest first',
    query: s.pageQuery,
    answer: s.importRunsSchema,
    handler: async ({ ctx, who, query }) => {
      if (query.cursor && !s.idSchema.safeParse(query.cursor).success)
        throw new Refusal(400, 'bad-cursor', 'The page cursor is not one of ours: begin again without it.');
      return ctx.store.org(who.organizationId, (tx) => listImports(tx, who.organizationId, query));
    },
  }),
  route({
    method: 'GET',
    url: '/imports/:id',
    needs: 'read',
    tag,
    summary: 'One import: progress, counts, findings',
    params: s.idParams,
    answer: s.importRunSchema,
    handler: async ({ ctx, who, params }) => {
      const run = await ctx.store.org(who.organizationId, (tx) => readImport(tx, who.organizationId, params.id));
      if (!run) throw notFound('an import of this id');
      return run;
    },
  }),
  route({
    method: 'GET',
    url: '/imports/:id/records',
    needs: 'read',
    tag,
    summary: 'Every record of the file with its outcome and place',
    params: s.idParams,
    query: s.importRecordsQuery,
    answer: s.importRecordsSchema,
    handler: async (call) => {
      const { ctx, who, params, query } = call;
      await mustHave(call, 'import_run', params.id);
      return ctx.store.org(who.organizationId, (tx) => importRecords(tx, who.organizationId, params.id, query));
    },
  }),
  route({
    method: 'GET',
    url: '/imports/:id/report.json',
    needs: 'read',
    tag,
    summary: 'The whole report',
    params: s.idParams,
    produces: 'application/json',
    handler: async (call) => {
      const report = await reportOf(call, call.params.id);
      return sendFile(call.reply, {
        name: 'report.json',
        mediaType: 'application/json; charset=utf-8',
        bytes: Buffer.from(JSON.stringify(report, null, 1)),
        download: true,
      });
    },
  }),
  route({
    method: 'GET',
    url: '/imports/:id/report.csv',
    needs: 'read',
    tag,
    summary: 'The outcomes of the records as a table',
    params: s.idParams,
    produces: 'text/csv',
    handler: async (call) => {
      const report = await reportOf(call, call.params.id);
      const { organizationId } = call.who;
      const { language } = await call.ctx.store.org(organizationId, (tx) => readOrganization(tx, organizationId));
      const table = reportTable(report, (code, params) => explain(call.ctx, { code, params }, language as Language));
      return sendFile(call.reply, {
        name: 'report.csv',
        mediaType: 'text/csv; charset=utf-8',
        bytes: Buffer.from(csvOf(table)),
        download: true,
      });
    },
  }),
  route({
    method: 'POST',
    url: '/imports/:id/cancel',
    needs: 'edit',
    tag,
    summary: 'Stop an import after the batch in hand; what was imported stays',
    params: s.idParams,
    answer: s.importRunSchema,
    handler: async ({ ctx, who, params }) => {
      await cancelImport(ctx, who, params.id);
      const run = await ctx.store.org(who.organizationId, (tx) => readImport(tx, who.organizationId, params.id));
      if (!run) throw notFound('an import of this id');
      return run;
    },
  }),
  route({
    method: 'POST',
    url: '/imports/inspect',
    needs: 'edit',
    tag,
    summary: 'Look at a file: its layout is known, or a mapping is proposed with the first orders read by it',
    consumes: 'multipart/form-data',
    answer: s.inspectAnswer,
    handler: async (call) => {
      const { files } = await readForm(call);
      const [file] = files;
      const { connector, inspected } = await inspect(call, sourceOf(call, file!));
      return { uploadId: file!.id, name: file!.name, connector, ...inspected, orderFields: [...orderFields], lineFields: [...lineFields] };
    },
  }),
  route({
    method: 'POST',
    url: '/imports/preview',
    needs: 'edit',
    tag,
    summary: 'The first orders of an uploaded file as a mapping in the making reads them',
    body: s.previewInput,
    answer: s.previewAnswer,
    handler: async (call) => {
      const file = await uploaded(call, call.body.uploadId);
      return refusing(() => previewProfile(call.ctx, call.body.connector, sourceOf(call, file), call.body.profile as Profile));
    },
  }),
];

const profiles = [
  route({
    method: 'GET',
    url: '/import-profiles',
    needs: 'read',
    tag,
    summary: 'Layouts this organization has taught',
    answer: s.importProfilesSchema,
    handler: async ({ ctx, who }) => ({ items: await ctx.store.org(who.organizationId, (tx) => listProfiles(tx, who.organizationId)) }),
  }),
  route({
    method: 'POST',
    url: '/import-profiles',
    needs: 'edit',
    tag,
    summary: 'Save a mapping; files of this layout are read by it from now on',
    body: s.importProfileInput,
    answer: s.importProfileSchema,
    status: 201,
    handler: async ({ ctx, who, body }) =>
      ctx.store.org(who.organizationId, (tx) => saveProfile(tx, ctx, who, body.name, body.profile as Profile)),
  }),
  route({
    method: 'DELETE',
    url: '/import-profiles/:id',
    needs: 'edit',
    tag,
    summary: 'Forget a mapping',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      await ctx.store.org(who.organizationId, async (tx) => {
        if (!(await deleteProfile(tx, who.organizationId, params.id))) throw notFound('a mapping of this id');
        await announce(tx, who.organizationId, 'import-profiles', params.id);
        await audit(tx, who.organizationId, who.actor, ctx.now(), [
          { action: 'import profile deleted', entity: 'import-profile', entityId: params.id, data: {} },
        ]);
      });
      return { ok: true as const };
    },
  }),
];
importRoutes.push(...profiles);
