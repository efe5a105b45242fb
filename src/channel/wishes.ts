import type { ChannelSettings } from '../contract/channel.ts';
import type { OrderMark } from '../contract/connector.ts';
import type { DocumentKind } from '../domain/documents/document.ts';

/**
 * What a document wants shown on its order, worked out from how things stand. Pure: the same state gives the same wishes, and each has
 * a key of its own, so that wishing twice does nothing twice.
 */
export type DocumentState = {
  id: string;
  kind: DocumentKind;
  state: string;
  number: string | null;
  held: boolean;
  holdCodes: string[];
  correctedNumber: string | null;
  transfers: { status: string; resting: boolean; cause: string | null; url: string | null }[];
};
/** Earlier wishes of the document: of errors there may be several, one after another. */
export type Wished = { key: string; status: string; codes?: string; over?: boolean };

export type Wish = { key: string; way: 'attachment'; target: string } | { key: string; way: 'order'; mark: OrderMark; codes?: string };
type Review = {
  wishes: Wish[];
  /** Keys of error marks whose error is over: the same error later is another one. */
  over: string[];
};

export function reviewDocument(document: DocumentState, settings: ChannelSettings, earlier: Wished[]): Review {
  const has = (key: string) => earlier.some((w) => w.key === key);
  const wishes = [...filesAndTexts(document, settings)].filter((wish) => !has(wish.key));
  const errors = earlier.filter((w) => w.key.startsWith(`order:${document.id}:error:`));
  const open = errors.filter((w) => !w.over);
  const codes = troubleOf(document, settings);
  if (codes === undefined) return { wishes, over: open.map((w) => w.key) };
  if (open.some((w) => w.codes === codes)) return { wishes, over: [] };
  if (settings.errorStatus)
    wishes.push({
      key: `order:${document.id}:error:${errors.length + 1}`,
      way: 'order',
      mark: { mark: 'status', value: settings.errorStatus },
      codes,
    });
  return { wishes, over: open.map((w) => w.key) };
}

function* filesAndTexts(d: DocumentState, settings: ChannelSettings): Generator<Wish> {
  if (d.state !== 'issued' || d.number === null || d.kind === 'proforma') return;
  const correction = d.kind === 'correction';
  const target = correction ? settings.correctionField : settings.documentField;
  if (settings.savePdf !== false && target) yield { key: `attachment:${d.id}`, way: 'attachment', target };
  if (settings.numberField && !correction)
    yield { key: `order:${d.id}:number`, way: 'order', mark: { mark: 'text', field: settings.numberField, value: d.number } };
  // The number of a correction stands beside that of the document, never over it.
  if (settings.numberField && correction)
    yield {
      key: `order:${d.id}:note`,
      way: 'order',
      mark: { mark: 'note', value: [d.number, d.correctedNumber].filter(Boolean).join(' → ') },
    };
  if (d.transfers.some((t) => t.status !== 'accepted' && t.status !== 'cancelled')) return;
  const url = d.transfers.find((t) => t.url !== null)?.url;
  if (settings.linkField && url && !correction)
    yield { key: `order:${d.id}:link`, way: 'order', mark: { mark: 'text', field: settings.linkField, value: url } };
  if (settings.doneStatus && !correction)
    yield { key: `order:${d.id}:done`, way: 'order', mark: { mark: 'status', value: settings.doneStatus } };
}

/** Why nothing goes on without a person; undefined while all is well or still moving. */
function troubleOf(d: DocumentState, settings: ChannelSettings): string | undefined {
  const failed = d.transfers.filter((t) => t.status === 'rejected' || (t.status === 'unknown' && t.resting));
  if (d.state === 'refused' || failed.length > 0)
    return [...new Set([...(d.state === 'refused' ? d.holdCodes : []), ...failed.map((t) => t.cause ?? t.status)])].sort().join(',');
  // A held document is an error on the order only where the seller expects documents to go out by themselves.
  if (d.state === 'to_issue' && d.held && settings.autoIssue) return [...d.holdCodes].sort().join(',');
  return undefined;
}
