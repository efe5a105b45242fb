import type { Permission } from '../../../src/api/permissions.ts';
import type { Key } from '../texts.ts';
import type { IconName } from '../ui/icon.tsx';

type SettingsPart = { part: string; title: Key; icon: IconName; about: Key; needs?: Permission };
export const settingsParts: SettingsPart[] = [
  { part: 'company', title: 'settings.company', icon: 'store', about: 'settings.companyAbout' },
  { part: 'look', title: 'settings.look', icon: 'image', about: 'settings.lookAbout' },
  { part: 'series', title: 'settings.series', icon: 'hash', about: 'settings.seriesAbout' },
  { part: 'tax', title: 'settings.tax', icon: 'percent', about: 'settings.taxAbout' },
  { part: 'messages', title: 'settings.messages', icon: 'mail', about: 'settings.messagesAbout' },
  { part: 'smtp', title: 'settings.smtp', icon: 'send', about: 'settings.smtpAbout', needs: 'connections' },
  { part: 'print', title: 'settings.print', icon: 'print', about: 'settings.printAbout' },
  { part: 'users', title: 'settings.users', icon: 'people', about: 'settings.usersAbout' },
  { part: 'keys', title: 'settings.keys', icon: 'key', about: 'settings.keysAbout', needs: 'accounts' },
  { part: 'webhooks', title: 'settings.webhooks', icon: 'link', about: 'settings.webhooksAbout', needs: 'accounts' },
  { part: 'archive', title: 'settings.archive', icon: 'download', about: 'settings.archiveAbout', needs: 'archive' },
  { part: 'security', title: 'settings.security', icon: 'lock', about: 'settings.securityAbout' },
];
