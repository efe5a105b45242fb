import * as spine from './0001_spine.ts';
import * as accounts from './0002_accounts.ts';
import * as transfer from './0003_transfer.ts';
import * as guards from './0004_guards.ts';
import * as webhooks from './0005_webhooks.ts';
import * as channel from './0006_channel.ts';
import * as providerDesk from './0007_provider_desk.ts';
import * as administer from './0008_administer.ts';
import * as agent from './0009_agent.ts';
import * as books from './0010_books.ts';
import * as billing from './0011_billing.ts';
import * as operate from './0012_operate.ts';
import * as transferPace from './0013_transfer_pace.ts';
import * as uploads from './0015_uploads.ts';
import * as desk from './0016_desk.ts';
import * as pace from './0017_pace.ts';
import * as seriesCards from './0021_series_cards.ts';
import * as reopen from './0022_reopen.ts';
import * as gateWall from './0024_gate_wall.ts';
import * as growth from './0030_growth.ts';
import * as archive from './0031_archive.ts';
import * as pullWait from './0035_pull_wait.ts';
import * as backfillLine from './0037_backfill_line.ts';
import * as claimNumbers from './0039_claim_numbers.ts';
import * as signInTries from './0041_sign_in_tries.ts';
import * as bulkBefore from './0045_bulk_before.ts';
import * as issuedByDay from './0053_issued_by_day.ts';
import * as prolongedFrom from './0054_prolonged_from.ts';
import * as plainContents from './0055_plain_contents.ts';
import * as gentleLocks from './0057_gentle_locks.ts';
import * as whoIsInTheTrail from './0059_who_is_in_the_trail.ts';
import * as waitsOnOrders from './0070_waits_on_orders.ts';
import * as frozenAtAGlance from './0071_frozen_at_a_glance.ts';
import * as cashAccounting from './0072_cash_accounting.ts';
import * as advancesByHand from './0074_advances_by_hand.ts';
import * as foundAndCounted from './0076_found_and_counted.ts';
import * as soldAbroad from './0076b_sold_abroad.ts';
import * as whatNeverBecameADocument from './0080_what_never_became_a_document.ts';
import * as foundByWordsAlone from './0081_found_by_words_alone.ts';

export const migrations = {
  '0001_spine': spine,
  '0002_accounts': accounts,
  '0003_transfer': transfer,
  '0004_guards': guards,
  '0005_webhooks': webhooks,
  '0006_channel': channel,
  '0007_provider_desk': providerDesk,
  '0008_administer': administer,
  '0009_agent': agent,
  '0010_books': books,
  '0011_billing': billing,
  '0012_operate': operate,
  '0013_transfer_pace': transferPace,
  '0015_uploads': uploads,
  '0016_desk': desk,
  '0017_pace': pace,
  '0021_series_cards': seriesCards,
  '0022_reopen': reopen,
  '0024_gate_wall': gateWall,
  '0030_growth': growth,
  '0031_archive': archive,
  '0035_pull_wait': pullWait,
  '0037_backfill_line': backfillLine,
  '0039_claim_numbers': claimNumbers,
  '0041_sign_in_tries': signInTries,
  '0045_bulk_before': bulkBefore,
  '0053_issued_by_day': issuedByDay,
  '0054_prolonged_from': prolongedFrom,
  '0055_plain_contents': plainContents,
  '0057_gentle_locks': gentleLocks,
  '0059_who_is_in_the_trail': whoIsInTheTrail,
  '0070_waits_on_orders': waitsOnOrders,
  '0071_frozen_at_a_glance': frozenAtAGlance,
  '0072_cash_accounting': cashAccounting,
  '0074_advances_by_hand': advancesByHand,
  '0076_found_and_counted': foundAndCounted,
  '0076b_sold_abroad': soldAbroad,
  '0080_what_never_became_a_document': whatNeverBecameADocument,
  '0081_found_by_words_alone': foundByWordsAlone,
};
