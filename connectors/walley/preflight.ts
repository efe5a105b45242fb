import type { AddFacts, AdministerRequest, ReceivableFacts } from '../../src/contract/administer.ts';
import { type Finding, hold } from '../../src/domain/finding.ts';
import { partyName } from '../../src/domain/parties/party.ts';
import { checkOrganisationsnummer, checkPersonnummer } from '../../src/domain/regimes/se/identifiers.ts';
import { personName } from './mapper.ts';
import { countries, currencies, storeKey, storeOf, type WalleySettings } from './settings.ts';

/** What the provider would refuse, found before anything is sent. */

/** Everything the provider would refuse, found before sending (contract §2–4), all at once. */
export function preflight(request: AdministerRequest, settings: WalleySettings): Finding[] {
  return [...storeFindings(request.receivable, settings), ...(request.action.verb === 'add' ? addFindings(request, settings) : [])];
}

/** Store, country, currency and segment must agree; which store is meant must be said as soon as there may be several (S4). */
function storeFindings(receivable: ReceivableFacts, settings: WalleySettings): Finding[] {
  const { country: code, segment, currency } = receivable;
  if (!countries.includes(code as 'SE')) return [hold('H_STORE_COUNTRY', 'country', { country: code })];
  const findings: Finding[] = [];
  const single = settings.singleStore && Object.keys(settings.stores).length === 0;
  if (!single && !storeOf(settings, code, segment))
    findings.push(hold('H_STORE_MISSING', `settings.${storeKey(code, segment)}`, { country: code, segment }));
  if (currencies[code] !== currency)
    findings.push(hold('H_STORE_CURRENCY', 'currency', { country: code, currency, wanted: currencies[code]! }));
  return findings;
}

function addFindings({ add, receivable }: AdministerRequest, settings: WalleySettings): Finding[] {
  const findings: Finding[] = [];
  const buyer: Partial<AddFacts>['buyer'] = add?.buyer;
  const company = receivable.segment === 'company';
  const need = (value: string | undefined, field: string) => {
    if (!value?.trim()) findings.push(hold('H_BUYER_FIELD_MISSING', `buyer.${field}`, { fields: field }));
  };
  if (receivable.country !== 'NO') need(buyer?.street, 'street');
  need(buyer?.city, 'city');
  need(buyer?.postalCode, 'postalCode');
  if (company) need(buyer && partyName(buyer), 'company');
  else need(buyer && (personName(buyer)[1] ?? ''), 'lastName');
  if ((add?.by ?? settings.by) === 'email') need(buyer?.email, 'email');
  if (buyer?.country && buyer.country !== receivable.country)
    findings.push(hold('H_BUYER_COUNTRY', 'buyer.country', { country: buyer.country, wanted: receivable.country }));
  const digits = receivable.buyerNumber?.reveal() ?? '';
  if (!digits) findings.push(hold('H_BUYER_NUMBER_MISSING', 'buyerNumber'));
  else if (!isBuyerNumber(digits, receivable)) findings.push(hold('H_BUYER_NUMBER_WRONG', 'buyerNumber', { segment: receivable.segment }));
  if (!add?.buyerIp && !settings.clientIp) findings.push(hold('H_BUYER_IP_MISSING', 'buyerIp'));
  return findings;
}

/** Swedish numbers have a check digit; for the others the length is all that is known here. */
function isBuyerNumber(digits: string, { country: code, segment }: { country: string; segment: string }): boolean {
  if (!/^\d{8,12}$/.test(digits)) return false;
  if (code !== 'SE') return true;
  const person = checkPersonnummer(digits).valid;
  // Sole traders trade under their personal number.
  return segment === 'consumer' ? person : person || checkOrganisationsnummer(digits).valid;
}
