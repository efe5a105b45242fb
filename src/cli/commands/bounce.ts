import { recordBounce } from '../../delivery/index.ts';
import type { Command } from '../command.ts';
import { organizationOf } from '../organization.ts';

export const bounceCommand: Command['run'] = async ({ values, open, out, input }) => {
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
};
