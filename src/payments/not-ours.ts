import { plain } from '../domain/payments/match.ts';
import { accountKey, type BankLine } from './statement.ts';

/**
 * Money that pays no document of ours (contract BILLING §6.3): payouts of processors and marketplaces are settled against their own
 * reports, tax offices and our own accounts pay nothing, and the return of our own transfer is none.
 */
const processors =
  /\b(PAYU|PAYPRO|PRZELEWY24|DIALCOM24|TPAY|KRAJOWY INTEGRATOR PLATNOSCI|STRIPE|PAYPAL|ADYEN|MOLLIE|KLARNA|ALLEGRO FINANCE|ALLEGRO PAY|SIMPLEPAY|BARION|WALLEY|COLLECTOR BANK|SWISH UTBETALNING|AUTOPAY|BLUE MEDIA|SUMUP|ZETTLE)\b/;
const offices = /\b(URZAD SKARBOWY|IZBA ADMINISTRACJI SKARBOWEJ|SKATTEVERKET|SKATTEKONTO|NEMZETI ADO|NAV ADO|ZUS)\b/;

type NotOurs = 'returned' | 'payout' | 'office' | 'own-account';

export function notOurs(line: BankLine, ownAccounts: ReadonlySet<string>): NotOurs | undefined {
  if (line.reversal) return 'returned';
  if (line.payerAccount && ownAccounts.has(accountKey(line.payerAccount))) return 'own-account';
  const name = plain(line.payerName ?? '');
  if (processors.test(name)) return 'payout';
  return offices.test(name) ? 'office' : undefined;
}
