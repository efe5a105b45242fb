import { checkMessage as checkTemplate } from '../delivery/index.ts';
import type { Policies } from '../domain/documents/index.ts';
import type { TaxRate } from '../domain/orders/order.ts';
import { rateOfKey, regimeOf } from '../domain/regimes/index.ts';
import type { Tx } from '../store/index.ts';
import { type Organization, type PrepareOptions, policiesOf } from '../toissue/index.ts';

/** What the import form, the command line and a connection's settings say about the documents to prepare. */
export type PrepareInput = {
  kind?: 'auto' | 'invoice' | 'proforma' | 'receipt';
  seriesId?: string;
  /** A percentage or the country's word for a rate; `none` holds lines without a rate. */
  defaultVatRate?: string;
  deliveryRate?: string;
  templateId?: string;
  subject?: string;
  body?: string;
  treatUnpaid?: 'hold' | 'issue';
};

export class BadImportOption extends Error {
  override name = 'BadImportOption';
}

/** The organization's policies with what was chosen for this import. */
export function chosenPolicies(organization: Organization, input: PrepareInput): { policies: Policies; prepare: PrepareOptions } {
  const own = policiesOf(organization);
  const rate = (text: string, source: TaxRate['source']) => readRate(organization.country, text, source);
  const byDefault =
    input.defaultVatRate === 'none'
      ? undefined
      : input.defaultVatRate === undefined
        ? own.rates.default
        : rate(input.defaultVatRate, 'default');
  const changes: PrepareOptions['policies'] = {
    rates: { ...own.rates, default: byDefault },
    ...(input.kind && { kind: input.kind === 'auto' ? ('automatic' as const) : input.kind }),
    ...(input.treatUnpaid && { unpaid: input.treatUnpaid === 'issue' ? ('accept' as const) : ('hold' as const) }),
    ...(input.deliveryRate && {
      deliveryRate:
        input.deliveryRate === 'proportional' || input.deliveryRate === 'dominant' ? input.deliveryRate : rate(input.deliveryRate, 'rule'),
    }),
  };
  checkMessage(input);
  const message = { templateId: input.templateId, subject: input.subject, body: input.body };
  const written = Object.values(message).some((part) => part !== undefined && part !== '');
  return {
    policies: { ...own, ...changes },
    prepare: { policies: changes, seriesId: input.seriesId, ...(written && { message: JSON.parse(JSON.stringify(message)) }) },
  };
}

/** A slip in the message of an import is told now, not when a thousand mails wait for it. */
function checkMessage({ subject, body }: PrepareInput): void {
  if (!subject && !body) return;
  const [finding] = checkTemplate({ subject: subject || 'x', body: body || 'x' });
  if (!finding) return;
  const { name, suggestion } = finding.params ?? {};
  const what = name === undefined ? `cannot be read (${finding.code})` : `names {{${name}}}, which is no variable`;
  throw new BadImportOption(`The ${finding.where} of the message ${what}${suggestion ? `; did you mean {{${suggestion}}}?` : ''}`);
}

/** Throws when a series or a mapping was chosen where nothing is stored. */
export function mustBeUnchosen({ seriesId, profileId }: { seriesId?: string; profileId?: string }): void {
  if (seriesId !== undefined) throw missing('series', seriesId);
  if (profileId !== undefined) throw missing('saved mapping', profileId);
}

const missing = (word: string, id: string) => new BadImportOption(`There is no ${word} "${id}"`);

/** Throws when the series or the mapping that was chosen is not there. */
export async function mustExist(
  tx: Tx,
  organizationId: string,
  { seriesId, profileId }: { seriesId?: string; profileId?: string },
): Promise<void> {
  const chosen = [
    ['series', 'series', seriesId],
    ['import_profile', 'saved mapping', profileId],
  ] as const;
  for (const [table, word, id] of chosen) {
    if (id === undefined) continue;
    const found =
      isId(id) &&
      (await tx.selectFrom(table).select('id').where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst());
    if (!found) throw missing(word, id);
  }
}

const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

/**
 * What a file import starts from: files name no rates, so the form's default is the organization's, else the standard rate of the
 * seller's country. Every line shows that its rate is the default (contract ORDERS §2.3).
 */
export function fileDefaults<T extends PrepareInput>(organization: Organization, input: T): T {
  if (input.defaultVatRate !== undefined || organization.policies.rates.default) return input;
  const standard = regimeOf(organization.country)
    .rates.filter((rate) => rate.category === 'S' && rate.until === undefined)
    .reduce((a, b) => (Number(b.percent) > Number(a.percent) ? b : a));
  return { ...input, defaultVatRate: standard.key };
}

function readRate(country: string, text: string, source: TaxRate['source']): TaxRate {
  const key = text.trim().replace(/\s*%$/, '').replace(',', '.');
  const known = rateOfKey(regimeOf(country), key, source);
  if (known) return known;
  if (/^\d{1,2}(\.\d{1,2})?$/.test(key)) return { category: 'S', percent: key, source };
  if (/^(Z|E|O|AE|K|G)$/.test(key)) return { category: key as TaxRate['category'], source };
  throw new BadImportOption(`"${text}" is no VAT rate`);
}
