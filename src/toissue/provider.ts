import { type Connection, openConnection, readConnection } from '../connections/index.ts';
import type { Session, TransferRequest } from '../contract/connector.ts';
import type { Manifest } from '../contract/manifest.ts';
import { cut } from '../domain/cut.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type Finding, hold } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { type MappingBook, mappedBy, mappingsOf } from './mappings.ts';
import type { Series } from './series.ts';

/**
 * What the provider of a series would refuse, found while the document still waits: nobody should learn it from a refusal. A desk is
 * opened for one transaction and knows each connection once; series that go nowhere cost nothing.
 */
export type ProviderDesk = {
  /** The manifest of the connection that the series belongs to. */
  manifest(series: Pick<Series, 'connection_id'> | undefined): Promise<Manifest | undefined>;
  findings(series: Series | undefined, document: { id?: string; number?: string | null; content: DocumentContent }): Promise<Finding[]>;
};

type Known = { connection: Connection; manifest: Manifest; session: Session | undefined; book: MappingBook };

export function openProviderDesk(tx: Tx, ctx: Context, organizationId: string): ProviderDesk {
  const known = new Map<string, Promise<Known | undefined>>();
  const of = (id: string) => {
    const found = known.get(id) ?? load(tx, ctx, organizationId, id);
    known.set(id, found);
    return found;
  };
  return {
    async manifest(series) {
      return series?.connection_id ? (await of(series.connection_id))?.manifest : undefined;
    },
    async findings(series, document) {
      if (!series?.connection_id || (series.settings.transfer === false && series.number_owner === 'hub')) return [];
      const provider = await of(series.connection_id);
      return provider ? findingsAt(ctx, provider, series, document) : [];
    },
  };
}

async function load(tx: Tx, ctx: Context, organizationId: string, id: string): Promise<Known | undefined> {
  const connection = await readConnection(tx, organizationId, id);
  const connector = connection && ctx.connectors.get(connection.connector);
  if (!connection || !connector || connection.status === 'removed') return undefined;
  const book = connector.manifest.mappings?.length ? await mappingsOf(tx, organizationId, id) : new Map<string, string>();
  return { connection, manifest: connector.manifest, session: opened(ctx, connection), book };
}

/** A connection that cannot even be opened (an address that is none) judges nothing: its card tells what is wrong. */
function opened(ctx: Context, connection: Connection): Session | undefined {
  try {
    return openConnection(ctx, connection).session;
  } catch {
    return undefined;
  }
}

function findingsAt(
  ctx: Pick<Context, 'log'>,
  { connection, manifest, session, book }: Known,
  series: Series,
  { id = 'new', number, content }: { id?: string; number?: string | null; content: DocumentContent },
): Finding[] {
  const findings: Finding[] = [];
  const mapped: Record<string, string> = {};
  for (const mapping of manifest.mappings ?? []) {
    const { theirs, value } = mappedBy(book, mapping, content);
    if (value !== undefined) mapped[mapping.what] = value;
    else if (mapping.required && content.kind !== 'correction')
      findings.push(
        hold('H_MAPPING_MISSING', 'payment.means', { value: theirs, connection: connection.name, connectionId: connection.id }),
      );
  }
  // A program behind a folder is asked before anything is written, like any other provider.
  const way = session?.transfers ?? session?.folder;
  if (!way || !manifest.documentKinds?.includes(content.kind)) return findings;
  const { correction } = content;
  const request: TransferRequest = {
    reference: `fk:${id}`,
    kind: content.kind,
    content,
    ...(number ? { number } : {}),
    ...(content.issueDate ? { issueDate: content.issueDate } : {}),
    ...(correction ? { original: { number: correction.number, kind: 'invoice' as const } } : {}),
    cancelsWhole: correction?.reasonCode === 'cancel',
    settings: { ...series.settings, reporter: series.reporter },
    mapped,
  };
  return [...findings, ...judged(ctx, connection, () => way.preflight(request))];
}

/** A connector that stumbles over one document holds that one; thrown on, it would stop every order of the page. */
function judged(ctx: Pick<Context, 'log'>, connection: Connection, work: () => Finding[]): Finding[] {
  try {
    return work();
  } catch (error) {
    const { message } = error as Error;
    ctx.log('error', 'a connector could not judge a document', { connection: connection.id, error: message });
    return [hold('H_PROVIDER_STUMBLED', undefined, { connection: connection.name, reason: cut(message, 200) })];
  }
}

/** A rate of ours is not waited for where the provider numbers the document and takes the rate of the day itself. */
export async function withoutItsRate(
  desk: ProviderDesk,
  series: Pick<Series, 'connection_id' | 'number_owner'> | undefined,
  findings: Finding[],
): Promise<Finding[]> {
  if (series?.number_owner !== 'provider' || !findings.some((f) => f.code === 'H_EXCHANGE_MISSING')) return findings;
  return (await desk.manifest(series))?.exchanges ? findings.filter((f) => f.code !== 'H_EXCHANGE_MISSING') : findings;
}

/** The provider's findings that the product has not made itself in other words. */
export function withProvider(own: Finding[], provider: Finding[]): Finding[] {
  const said = (f: Finding) =>
    own.some(
      (k) =>
        k.code === f.code &&
        (k.where === f.where || f.params?.fields === undefined || (k.params?.fields ?? '').split(', ').includes(f.params.fields)),
    );
  return [...own, ...provider.filter((f) => !said(f))];
}
