import type { Connection } from '../connections/index.ts';
import { type ChannelSettings, channelSettingsOf } from '../contract/channel.ts';
import { civilDay } from '../domain/days/day.ts';
import { type Channel, chosenPolicies } from '../intake/index.ts';
import type { Organization } from '../toissue/index.ts';

/** What a connection's settings say about its orders and their documents. */
export type ChannelOptions = {
  settings: ChannelSettings;
  channel: Channel;
  /** Orders of an earlier civil day are none of ours. */
  since: string;
};

export function channelOptions(organization: Organization, connection: Pick<Connection, 'id' | 'settings' | 'created_at'>): ChannelOptions {
  const settings = channelSettingsOf(connection.settings);
  const kind = settings.documentKind ?? 'auto';
  const { policies, prepare } = chosenPolicies(organization, {
    kind,
    seriesId: settings.seriesId,
    // A proforma asks for the money that an invoice waits for.
    ...(kind === 'proforma' && { treatUnpaid: 'issue' as const }),
    // Such a channel names the rate of each line; what it leaves open is no case for a default.
    defaultVatRate: 'none',
  });
  return {
    settings,
    channel: { connectionId: connection.id, policies, prepare },
    since: settings.pullFrom ?? civilDay(connection.created_at.toISOString(), organization.zone),
  };
}
