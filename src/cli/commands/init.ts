import type { z } from 'zod';
import { createAccounts } from '../../api/accounts.ts';
import { Refusal } from '../../api/problem.ts';
import { makeApiKey } from '../../api/routes/api-keys.ts';
import { organizationInput, scopeSchema, setupInput } from '../../api/schemas/index.ts';
import { addOrganization, setUp, setupNeeded } from '../../api/setup.ts';
import { type Command, need, text, type Values, WrongUsage, wrongOption } from '../command.ts';
import { organizationOf } from '../organization.ts';

/** Sets an installation up without a browser (DESIGN §5.10), or adds one more organization to it. */
export const initCommand: Command['run'] = async ({ values, config, open, input, out }) => {
  const email = need(values, 'email');
  const organization = organizationInput.safeParse(organizationOfValues(values));
  if (!organization.success) throw wrongInput(values, organization.error.issues, 'organization.');
  const opened = await open({ work: false });
  try {
    const { ctx } = opened;
    const accounts = createAccounts({
      store: ctx.store,
      secretKey: opened.secretKey,
      address: { publicUrl: config.publicUrl, given: config.publicUrlGiven },
      now: ctx.now,
      sendMail: async () => false,
      log: ctx.log,
    });
    let organizationId: string;
    if (await setupNeeded(ctx)) {
      if (!values['password-stdin'])
        throw new WrongUsage('--password-stdin is missing: the password is read from standard input, at least 10 characters.');
      const wanted = setupInput.safeParse({
        organization: organization.data,
        email,
        name: text(values, 'name') ?? email,
        password: (await input()).replace(/\r?\n$/, ''),
      });
      if (!wanted.success) throw wrongInput(values, wanted.error.issues);
      organizationId = (await setUp(ctx, accounts, wanted.data)).organizationId;
    } else {
      const same = await ctx.store.db
        .selectFrom('organization')
        .select('id')
        .where((e) => e(e.fn<string>('lower', ['name']), '=', organization.data.name.trim().toLowerCase()))
        .executeTakeFirst();
      if (same)
        throw new Refusal(
          409,
          'already-set-up',
          `${organization.data.name} is set up already. Another shop of yours needs a name of its own.`,
        );
      const user = await ctx.store.db.selectFrom('auth_user').select('id').where('email', '=', email.toLowerCase()).executeTakeFirst();
      if (!user)
        throw new WrongUsage(
          `This installation has been set up, and nobody in it has the address ${email}. The first run made its owner; others are invited.`,
        );
      organizationId = await addOrganization(ctx, 'command line', user.id, organization.data);
    }
    out.say(`${organization.data.name} is set up. Next: fakturist start, or fakturist import allegro-file FILE --dry-run`);
    if (!text(values, 'street') || !text(values, 'city'))
      out.say(
        'The address of the seller is missing: documents warn of it until it is there (--street, --postal-code, --city, or the company data in the settings).',
      );
    out.result({ organizationId, name: organization.data.name });
    return 0;
  } finally {
    await opened.close();
  }
};

function organizationOfValues(values: Values): unknown {
  const seller = {
    street: text(values, 'street'),
    postalCode: text(values, 'postal-code'),
    city: text(values, 'city'),
    bankAccount: text(values, 'bank-account'),
    email: text(values, 'email'),
  };
  return {
    name: need(values, 'organization'),
    country: need(values, 'country').toUpperCase(),
    taxId: text(values, 'tax-id'),
    language: text(values, 'language'),
    defaultVatRate: text(values, 'default-vat'),
    seller: Object.fromEntries(Object.entries(seller).filter(([, value]) => value !== undefined)),
  };
}

/** Fields of the forms by their options, where the names differ. */
const optionOf: Record<string, string> = {
  'organization.name': 'organization',
  taxId: 'tax-id',
  defaultVatRate: 'default-vat',
  postalCode: 'postal-code',
  bankAccount: 'bank-account',
};

function wrongInput(values: Values, [issue]: z.core.$ZodIssue[], prefix = ''): WrongUsage {
  const field = String(issue!.path.at(-1));
  const option = optionOf[`${prefix}${issue!.path.join('.')}`] ?? optionOf[field] ?? field;
  if (field === 'password') {
    const { message } = wrongOption('password', undefined, issue!);
    return new WrongUsage(message.replace('--password: it', 'The password on standard input'));
  }
  return wrongOption(option, text(values, option), issue!);
}

/** API keys without a browser. */
export const keyCommand: Command['run'] = async ({ positionals, values, open, out }) => {
  const scopes = scopeSchema
    .array()
    .min(1)
    .safeParse(values.scope ?? []);
  if (!scopes.success) throw new WrongUsage('--scope must be read, write, issue or admin.');
  const opened = await open({ work: false });
  try {
    const who = await organizationOf(opened.ctx, values);
    const made = await makeApiKey(opened.ctx, who, { name: positionals[0]!, scopes: scopes.data });
    out.say(made.key);
    out.result(made);
    return 0;
  } finally {
    await opened.close();
  }
};
