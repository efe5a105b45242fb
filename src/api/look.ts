import type { RenderPdf } from '../delivery/index.ts';
import { readSmallFile, type Tx } from '../store/index.ts';

type Look = Parameters<RenderPdf>[0]['look'];
const standardAccent = '#1f4e79';

/** How the organization's documents look, for previews and marked copies. */
export async function readLook(tx: Tx, organizationId: string): Promise<Look> {
  const { look } = await tx.selectFrom('organization').select('look').where('id', '=', organizationId).executeTakeFirstOrThrow();
  const logo = typeof look.logoFileId === 'string' ? await readSmallFile(tx, organizationId, look.logoFileId) : undefined;
  return {
    accent: typeof look.accent === 'string' ? look.accent : standardAccent,
    ...(typeof look.footer === 'string' ? { footer: look.footer } : {}),
    ...(logo ? { logo: { mediaType: logo.mediaType as 'image/png' | 'image/jpeg' | 'image/svg+xml', bytes: logo.bytes } } : {}),
  };
}
