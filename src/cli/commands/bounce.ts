import { recordBounce } from '../../delivery/index.ts';
import type { Command } from '../command.ts';
import { organizationOf } from '../organization.ts';

export const bounceCommand: Command = {
  name: 'bounce',
  usage: '< MESSAGE',
  about: 'Hand in a message that came back; the mail it speaks of is marked.',
  more: [
    '  fakturist bounce < message.eml',
    '  faktury-bounces: "|fakturist bounce"         a line of /etc/aliases: the mail server hands in what comes back',
    '',
    'A message that is no note of a mail server, or about no mail of ours, marks nothing.',
  ].join('\n'),
  positionals: [0, 0],
  options: {},
  async run({ values, open, out, input }) {
    const opened = await open({ work: false });
    try {
      const { organizationId } = await organizationOf(opened.ctx, values);
      const marked = await recordBounce(opened.ctx, await input(), organizationId);
      out.say(`${marked} ${marked === 1 ? 'mail' : 'mails'} marked`);
      out.result({ marked });
      return 0;
    } finally {
      await opened.close();
    }
  },
};
