import { sql } from 'kysely';
import { z } from 'zod';
import type { readLook } from '../../delivery/index.ts';
import { civilDay } from '../../domain/days/day.ts';
import type { Language } from '../../domain/documents/document.ts';
import { announce, audit, readSmallFile, storeFile } from '../../store/index.ts';
import {
  type Organization,
  readOrganization,
  type Seller,
  saveOrganization,
  storedPoliciesSchema,
  withoutNulls,
} from '../../toissue/index.ts';
import { exampleDocument } from '../example-document.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';
import { addOrganization, lookUpCompany, setUp, setupNeeded } from '../setup.ts';

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
    method: 'GET',
    url: '/companies',
    needs: 'public',
    tag,
    summary: 'Name and address of a company by its tax number, as the public register tells them',
    query: s.companyQuery,
    answer: s.companySchema,
    handler: async ({ ctx, edge, query, request }) => {
      // Before there is anybody, whoever sets the installation up; afterwards its people.
      if (!request.signedIn && !(await setupNeeded(ctx))) throw new Refusal(401, 'not-signed-in', 'Sign in first.');
      return lookUpCompany(ctx, edge.registerUrl, query);
    },
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
      if (body.seller?.country && body.seller.country !== before.country)
        throw new Refusal(
          422,
          'country-fixed',
          `This organization sells under the law of ${before.country}; for another country make another one.`,
        );
      const { seller, look, policies, ...plain } = body;
      const { logoFileId: _, ...changedLook } = look ?? {};
      const wished = policies && storedPoliciesSchema.safeParse(withoutNulls({ ...before.policies, ...policies }));
      if (wished?.error) {
        const [issue] = wished.error.issues;
        throw new Refusal(400, 'invalid-request', `policies.${issue!.path.join('.')}: ${issue!.message}`);
      }
      const saved = await saveOrganization(ctx, who, {
        ...plain,
        ...(seller ? { seller } : {}),
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
      return saveLogo(call, { name: file.filename || 'logo', mediaType, bytes });
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
    // A comment ends at its first end: could it go on, every row of comments would be tried in all ways of parting it.
    /^\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->)[\s\S])*-->\s*)*<svg[\s>]/.test(text) &&
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

export const organizationRoutes = [...setup, ...settings];
