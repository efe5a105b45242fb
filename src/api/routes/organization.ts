import { sql } from 'kysely';
import { z } from 'zod';
import type { readLook } from '../../delivery/index.ts';
import { causeOf } from '../../diagnosis/index.ts';
import { addDays, civilDay } from '../../domain/days/day.ts';
import type { Language } from '../../domain/documents/document.ts';
import { fromMinor } from '../../domain/money/money.ts';
import { announce, audit, readSmallFile, storeFile, type Tx } from '../../store/index.ts';
import {
  type Organization,
  readOrganization,
  type Seller,
  saveOrganization,
  storedPoliciesSchema,
  withoutNulls,
} from '../../toissue/index.ts';
import { exampleDocument } from '../example-document.ts';
import { findingWords } from '../finding-words.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';
import { addOrganization, setUp, setupNeeded } from '../setup.ts';

const tag = 'organization';
const logoLimitBytes = 1024 * 1024;

function organizationOf(organization: Organization): s.Organization {
  const { look } = organization;
  return {
    ...organization,
    language: organization.language as Language,
    look: { ...look, logoFileId: look.logoFileId ?? null },
    hasLogo: Boolean(look.logoFileId),
    findings: sellerFindings(organization.seller),
  };
}

/** What documents will hold for (H_SELLER_DATA) or warn of, told before there is one. */
function sellerFindings(seller: Seller): s.Organization['findings'] {
  const found = (code: string, level: 'hold' | 'warning', field: string) => ({
    code,
    level,
    where: `seller.${field}`,
    params: { fields: field },
  });
  return [
    ...(!seller.company && !seller.name ? [found('H_SELLER_DATA', 'hold', 'company')] : []),
    ...(seller.taxIds.length === 0 ? [found('H_SELLER_DATA', 'hold', 'taxIds')] : []),
    ...(['street', 'city'] as const).filter((field) => !seller[field]).map((field) => found('W_SELLER_ADDRESS', 'warning', field)),
  ];
}

const setup = [
  route({
    method: 'GET',
    url: '/setup',
    needs: 'public',
    tag,
    summary: 'Is the installation still without anybody?',
    answer: s.setupState,
    handler: async ({ ctx, edge }) => ({ needed: await setupNeeded(ctx), demo: edge.demo !== undefined, version: edge.version }),
  }),
  route({
    method: 'POST',
    url: '/setup',
    needs: 'public',
    tag,
    summary: 'The first run: make the organization and its owner',
    body: s.setupInput,
    answer: z.object({ organizationId: s.idSchema }),
    status: 201,
    handler: async ({ ctx, edge, body }) => ({ organizationId: (await setUp(ctx, edge.accounts, body)).organizationId }),
  }),
  route({
    method: 'POST',
    url: '/organizations',
    needs: 'user',
    tag,
    summary: 'One more organization for the signed-in person, who owns it',
    body: s.organizationInput,
    answer: z.object({ organizationId: s.idSchema }),
    status: 201,
    handler: async ({ ctx, caller, body, request }) => {
      // An owner makes connections, so whoever could make himself one would reach whatever this machine reaches.
      if (!request.memberships.some((one) => one.role === 'owner'))
        throw new Refusal(403, 'not-allowed', 'Only an owner of an organization here may make another one.');
      return { organizationId: await addOrganization(ctx, caller.actor, caller.userId!, body) };
    },
  }),
];

const settings = [
  route({
    method: 'GET',
    url: '/organization',
    needs: 'read',
    tag,
    summary: 'Company data, policies, look',
    answer: s.organizationSchema,
    handler: async ({ ctx, who }) =>
      organizationOf(await ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId))),
  }),
  route({
    method: 'PATCH',
    url: '/organization',
    needs: 'settings',
    tag,
    summary: 'Change company data, policies, look; what is not named stays',
    body: s.organizationPatch,
    answer: s.organizationSchema,
    handler: async ({ ctx, who, body }) => {
      const before = await ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId));
      if (body.zone && !Intl.supportedValuesOf('timeZone').includes(body.zone))
        throw new Refusal(422, 'zone-unknown', `${body.zone} is not a time zone.`);
      const { seller, look, policies, ...plain } = body;
      const { logoFileId: _, ...changedLook } = look ?? {};
      const wished = policies && storedPoliciesSchema.safeParse(withoutNulls({ ...before.policies, ...policies }));
      if (wished?.error) {
        const [issue] = wished.error.issues;
        throw new Refusal(400, 'invalid-request', `policies.${issue!.path.join('.')}: ${issue!.message}`);
      }
      const saved = await saveOrganization(ctx, who, {
        ...plain,
        ...(seller ? { seller: withoutNulls({ ...before.seller, ...seller }) as Organization['seller'] } : {}),
        ...(look ? { look: changedLook as Organization['look'] } : {}),
        ...(policies ? { policies: policies as Partial<Organization['policies']> } : {}),
      });
      return organizationOf(saved);
    },
  }),
  route({
    method: 'GET',
    url: '/organization/logo',
    needs: 'read',
    tag,
    summary: 'The logo',
    produces: 'image/*',
    handler: async ({ ctx, who, reply }) => {
      const logo = await ctx.store.org(who.organizationId, async (tx) => {
        const { look } = await readOrganization(tx, who.organizationId);
        return look.logoFileId ? readSmallFile(tx, who.organizationId, look.logoFileId) : undefined;
      });
      if (!logo) throw notFound('a logo');
      // A picture that is a document of its own runs nothing here.
      reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox");
      return sendFile(reply, { ...logo, download: false });
    },
  }),
  route({
    method: 'PUT',
    url: '/organization/logo',
    needs: 'settings',
    tag,
    summary: 'Set the logo (PNG, JPEG or SVG up to 1 MB)',
    consumes: 'multipart/form-data',
    answer: s.organizationSchema,
    handler: async (call) => {
      const file = await call.request.file({ limits: { fileSize: logoLimitBytes } });
      if (!file) throw new Refusal(400, 'file-missing', 'Send the picture as a file of a form.');
      const bytes = await file.toBuffer();
      const mediaType = pictureType(bytes);
      const refused = new Refusal(415, 'not-a-picture', 'The logo must be a PNG, a JPEG or an SVG without scripts and links.');
      if (!mediaType || !(await canBePrinted(call, { mediaType, bytes }))) throw refused;
      return saveLogo(call, { name: file.filename, mediaType, bytes });
    },
  }),
  route({
    method: 'DELETE',
    url: '/organization/logo',
    needs: 'settings',
    tag,
    summary: 'Take the logo away',
    answer: s.organizationSchema,
    handler: async (call) => saveLogo(call, undefined),
  }),
];

type Logo = NonNullable<Awaited<ReturnType<typeof readLook>>['logo']>;

/** By its first bytes; the name and the declared type are only claims. */
function pictureType(bytes: Buffer): Logo['mediaType'] | undefined {
  if (bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))) return 'image/png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'image/jpeg';
  const text = bytes.toString('utf8');
  const isSvg =
    /^\s*(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)*<svg[\s>]/.test(text) &&
    !/<(\w+:)?(script|foreignobject)|<!entity|<!doctype|\son\w+\s*=|javascript:/i.test(text) &&
    [...text.matchAll(/href\s*=\s*["']\s*([^"']*)/gi)].every(([, target]) => /^(#|data:image\/(png|jpeg);)/i.test(target!));
  return isSvg ? 'image/svg+xml' : undefined;
}

/** A picture that cannot be set would stop every document of the organization: one is printed with it first. */
async function canBePrinted({ ctx, edge, who }: Call, logo: Logo): Promise<boolean> {
  const organization = await ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId));
  const example = exampleDocument(organization, civilDay(ctx.now().toISOString(), organization.zone));
  try {
    await edge.render({ ...example, look: { accent: '#1f4e79', logo } });
    return true;
  } catch (error) {
    ctx.log('warn', 'a logo was refused: it cannot be printed', { error: (error as Error).message });
    return false;
  }
}

async function saveLogo({ ctx, who }: Call, file: { name: string; mediaType: string; bytes: Buffer } | undefined): Promise<s.Organization> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const stored = file ? await storeFile(tx, who.organizationId, ctx.now(), file) : undefined;
    await tx
      .updateTable('organization')
      .set({ look: stored ? sql`jsonb_set(look, '{logoFileId}', to_jsonb(${stored.id}::text))` : sql`look - 'logoFileId'` })
      .where('id', '=', who.organizationId)
      .execute();
    await announce(tx, who.organizationId, 'organization');
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: stored ? 'logo set' : 'logo removed', entity: 'organization', entityId: who.organizationId, data: {} },
    ]);
    return organizationOf(await readOrganization(tx, who.organizationId));
  });
}

// ---------------------------------------------------------------- home

async function waiting(tx: Tx, organizationId: string) {
  const { rows } = await sql<{ currency: string; held: boolean; n: bigint; gross: bigint }>`
    select currency, held, count(*) as n, sum(gross_minor)::bigint as gross from document
    where organization_id = ${organizationId} and state in ('to_issue', 'refused') group by currency, held`.execute(tx);
  const currencies = [...new Set(rows.map((row) => row.currency))];
  const count = (wanted: boolean) => rows.filter((row) => row.held === wanted).reduce((total, row) => total + Number(row.n), 0);
  return {
    count: count(true) + count(false),
    ready: count(false),
    held: count(true),
    gross: currencies.map((currency) => ({
      currency,
      gross: fromMinor(
        rows.filter((row) => row.currency === currency).reduce((total, row) => total + row.gross, 0n),
        currency,
      ),
    })),
  };
}

async function heldByCause(tx: Tx, organizationId: string): Promise<s.Home['held']> {
  const { rows } = await sql<{ code: string; n: bigint }>`
    select code, count(*) as n from document, unnest(hold_codes) as code
    where organization_id = ${organizationId} and held and state in ('to_issue', 'refused') group by code order by n desc, code limit 50`.execute(
    tx,
  );
  return rows.map(({ code, n }) => {
    const words = findingWords(code);
    return { code, count: Number(n), text: words.text, remedy: words.remedy };
  });
}

async function byDay(tx: Tx, organizationId: string, from: string, days: number): Promise<s.Home['byDay']> {
  const { rows } = await sql<{ day: string; currency: string; n: bigint; gross: bigint }>`
    select issue_date as day, currency, count(*) as n, sum(gross_minor)::bigint as gross from document
    where organization_id = ${organizationId} and state = 'issued' and issue_date >= ${from}::date and kind in ('invoice', 'receipt', 'final', 'prepayment', 'correction')
    group by issue_date, currency`.execute(tx);
  return Array.from({ length: days }, (_, i) => {
    const day = addDays(from, i);
    const ofDay = rows.filter((row) => row.day === day);
    return {
      day,
      issued: ofDay.reduce((total, row) => total + Number(row.n), 0),
      gross: ofDay.map((row) => ({ currency: row.currency, gross: fromMinor(row.gross, row.currency) })),
    };
  });
}

async function pace(tx: Tx, organizationId: string, from: string) {
  const { rows } = await sql<{ issued: bigint; unattended: bigint; median: number | null }>`
    select count(*) as issued, count(*) filter (where d.issued_by in ('automatic', 'system')) as unattended,
      percentile_cont(0.5) within group (order by extract(epoch from d.issued_at - o.paid_at)) filter (where o.paid_at is not null and o.paid_at <= d.issued_at)::float8 as median
    from document d left join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
    where d.organization_id = ${organizationId} and d.state = 'issued' and d.issue_date >= ${from}::date and d.kind in ('invoice', 'receipt', 'final')`.execute(
    tx,
  );
  const { issued, unattended, median } = rows[0]!;
  return {
    unattendedShare: issued === 0n ? null : Number(unattended) / Number(issued),
    medianPaymentToDocumentSeconds: median === null ? null : Math.round(median),
  };
}

async function trouble({ ctx, who }: Call, tx: Tx) {
  const connections = await tx
    .selectFrom('connection')
    .select(['id', 'name', 'connector', 'status'])
    .where('organization_id', '=', who.organizationId)
    .where('status', '=', 'blocked')
    .execute();
  const cases = await tx
    .selectFrom('cause_case')
    .selectAll()
    .where('organization_id', '=', who.organizationId)
    .where('closed_at', 'is', null)
    .orderBy('opened_at')
    .limit(100)
    .execute();
  const waitingFor = async (connectionId: string | null) => {
    if (!connectionId) return 0;
    const { rows } = await sql<{
      n: bigint;
    }>`select count(*) as n from transfer where organization_id = ${who.organizationId} and connection_id = ${connectionId} and status in ('waiting', 'rejected', 'unknown')`.execute(
      tx,
    );
    return Number(rows[0]!.n);
  };
  const causes: s.Home['causes'] = [];
  for (const one of cases) {
    const connector = connections.find((connection) => connection.id === one.connection_id)?.connector;
    causes.push({
      id: one.id,
      code: causeOf(ctx, connector, one.code).code,
      connectionId: one.connection_id,
      documents: await waitingFor(one.connection_id),
      openedAt: one.opened_at.toISOString(),
    });
  }
  return {
    causes,
    connectionsInTrouble: connections.map((connection) => ({
      ...connection,
      causeCode: cases.find((one) => one.connection_id === connection.id)?.code ?? null,
    })),
  };
}

const home = [
  route({
    method: 'GET',
    url: '/home',
    needs: 'read',
    tag: 'home',
    summary: 'What needs a person, and how the last days went',
    query: s.homeQuery,
    answer: s.homeSchema,
    handler: async (call) => {
      const { ctx, who, query } = call;
      const days = query.days ?? 30;
      return ctx.store.org(who.organizationId, async (tx) => {
        const { zone } = await readOrganization(tx, who.organizationId);
        const from = addDays(civilDay(ctx.now().toISOString(), zone), 1 - days);
        const failing = await sql<{ n: bigint }>`
          select count(*) as n from delivery where organization_id = ${who.organizationId} and status in ('refused', 'bounced', 'unknown', 'held')`.execute(
          tx,
        );
        return {
          held: await heldByCause(tx, who.organizationId),
          toIssue: await waiting(tx, who.organizationId),
          failingDeliveries: Number(failing.rows[0]!.n),
          ...(await trouble(call, tx)),
          byDay: await byDay(tx, who.organizationId, from, days),
          ...(await pace(tx, who.organizationId, from)),
        };
      });
    },
  }),
  route({
    method: 'GET',
    url: '/finding-texts',
    needs: 'public',
    tag: 'home',
    summary: 'The words of every code in four languages, with who can mend it and how',
    answer: s.findingTextsSchema,
    handler: async ({ ctx }) => ({ items: findingWords.all(ctx) }),
  }),
];

export const organizationRoutes = [...setup, ...settings, ...home];
