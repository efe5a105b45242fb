import { randomUUID } from 'node:crypto';
import { createSender, messageIdOf, parseAddress, readMailAccount, type SmtpSettings, smtpSettingsOfUrl } from '../delivery/index.ts';
import type { Language } from '../domain/documents/document.ts';
import type { Context } from '../jobs/index.ts';
import type { SystemMail } from './accounts.ts';

/** Mails of the installation itself: password resets and invitations. They go by its own server, else by an organization's account. */
const words: Record<SystemMail['kind'], Record<Language, { subject: string; text: string }>> = {
  'reset-password': {
    pl: {
      subject: 'Nowe hasło do Fakturista',
      text: 'Dzień dobry,\n\naby ustawić nowe hasło, proszę otworzyć tę stronę (działa przez godzinę):\n\n{link}\n\nJeśli to nie Państwo prosili o nowe hasło, proszę zignorować tę wiadomość: nic się nie zmieniło.',
    },
    en: {
      subject: 'A new password for Fakturist',
      text: 'Hello,\n\nto set a new password, open this page (it works for one hour):\n\n{link}\n\nIf you did not ask for a new password, ignore this message: nothing has changed.',
    },
    hu: {
      subject: 'Új jelszó a Fakturisthoz',
      text: 'Jó napot!\n\nÚj jelszó beállításához nyissa meg ezt az oldalt (egy óráig érvényes):\n\n{link}\n\nHa nem Ön kért új jelszót, hagyja figyelmen kívül ezt a levelet: semmi sem változott.',
    },
    sv: {
      subject: 'Nytt lösenord till Fakturist',
      text: 'Hej,\n\nöppna den här sidan för att välja ett nytt lösenord (den fungerar i en timme):\n\n{link}\n\nOm du inte har bett om ett nytt lösenord kan du bortse från det här mejlet: inget har ändrats.',
    },
  },
  'guessed-at': {
    pl: {
      subject: 'Ktoś zgaduje hasło do konta w programie Fakturist',
      text: 'Dzień dobry,\n\nktoś wielokrotnie próbował zalogować się na Państwa konto z niepasującym hasłem, z miejsc, z których nikt dotąd się nie logował. Do tej pory bez skutku; kolejne próby z takich miejsc spowalniamy. Proszę mieć długie hasło, którego nie używają Państwo nigdzie indziej, i włączyć drugi składnik logowania:\n\n{link}\n\nJeśli to Państwo się mylili, nowe hasło można ustawić na stronie logowania.',
    },
    en: {
      subject: 'Somebody is guessing your Fakturist password',
      text: 'Hello,\n\nsomebody has tried many times to sign in to your account with wrong passwords, from places nobody signed in from before. Nothing was opened; further tries from such places are slowed down. Have a long password that you use nowhere else, and switch on the second factor:\n\n{link}\n\nIf it was you who mistyped, the log-in page gives you a new password.',
    },
    hu: {
      subject: 'Valaki a Fakturist-jelszavát találgatja',
      text: 'Jó napot!\n\nValaki többször próbált hibás jelszóval belépni az Ön fiókjába olyan helyekről, ahonnan korábban senki sem lépett be. Eddig eredménytelenül; az ilyen helyekről érkező próbálkozásokat lassítjuk. Legyen hosszú, máshol nem használt jelszava, és kapcsolja be a második azonosítót:\n\n{link}\n\nHa Ön gépelte el, a belépőoldalon kérhet új jelszót.',
    },
    sv: {
      subject: 'Någon gissar ditt lösenord till Fakturist',
      text: 'Hej,\n\nnågon har många gånger försökt logga in på ditt konto med fel lösenord, från platser där ingen har loggat in förut. Inget har öppnats; fler försök från sådana platser bromsas. Ha ett långt lösenord som du inte använder någon annanstans och slå på den andra faktorn:\n\n{link}\n\nOm det var du som skrev fel kan du få ett nytt lösenord på inloggningssidan.',
    },
  },
  invitation: {
    pl: {
      subject: 'Zaproszenie do firmy {organization} w programie Fakturist',
      text: 'Dzień dobry,\n\nfirma {organization} zaprasza do wspólnej pracy w programie Fakturist. Aby przyjąć zaproszenie, proszę otworzyć tę stronę (ważna przez tydzień):\n\n{link}',
    },
    en: {
      subject: 'Invitation to {organization} on Fakturist',
      text: 'Hello,\n\n{organization} invites you to work together on Fakturist. To accept, open this page (valid for a week):\n\n{link}',
    },
    hu: {
      subject: 'Meghívó: {organization} a Fakturistban',
      text: 'Jó napot!\n\nA(z) {organization} közös munkára hívja a Fakturistban. A meghívó elfogadásához nyissa meg ezt az oldalt (egy hétig érvényes):\n\n{link}',
    },
    sv: {
      subject: 'Inbjudan till {organization} i Fakturist',
      text: 'Hej,\n\n{organization} bjuder in dig att arbeta tillsammans i Fakturist. Öppna den här sidan för att tacka ja (giltig i en vecka):\n\n{link}',
    },
  },
};

type SystemMailServer = { url: string; fromAddress: string };

/** Answers whether a server took the mail; a failure never tells the asker whether the address has an account. */
export async function sendSystemMail(ctx: Context, server: SystemMailServer | undefined, mail: SystemMail): Promise<boolean> {
  const settings = server ? smtpSettingsOfUrl(server.url, server.fromAddress, 'Fakturist') : await anOrganizationsAccount(ctx, mail);
  if (!settings) return false;
  const language = (['pl', 'en', 'hu', 'sv'] as const).find((one) => one === mail.language) ?? 'en';
  const fill = (text: string) => text.replaceAll('{link}', mail.link).replaceAll('{organization}', mail.organization ?? '');
  const { subject, text } = words[mail.kind][language];
  const outcome = await createSender(settings).send({
    messageId: messageIdOf(randomUUID(), settings.from.address),
    to: [mail.to],
    subject: fill(subject),
    text: fill(text),
    language,
    date: ctx.now(),
  });
  if (outcome.outcome !== 'handed-over')
    ctx.log('warn', 'a mail of the installation was not taken', { kind: mail.kind, cause: outcome.cause.code });
  return outcome.outcome === 'handed-over';
}

/**
 * A self-hosted shop often has only the shop's own mail account: it helps out for its own people. Whoever belongs to several
 * organizations gets no reset link by the server of one: its owner would hold the key to the others.
 */
async function anOrganizationsAccount(ctx: Context, mail: SystemMail): Promise<SmtpSettings | undefined> {
  const rows = mail.organizationId
    ? [{ organization_id: mail.organizationId }]
    : await ctx.store.db
        .selectFrom('member as m')
        .innerJoin('auth_user as u', 'u.id', 'm.user_id')
        .select('m.organization_id')
        .where('u.email', '=', mail.to)
        .execute();
  const [only, ...others] = rows;
  if (!only || others.length > 0) return undefined;
  const account = await ctx.store.org(only.organization_id, (tx) => readMailAccount(tx, ctx, only.organization_id));
  return account?.smtp;
}

export function systemMailServer(url: string | undefined, from: string): SystemMailServer | undefined {
  const fromAddress = parseAddress(/<([^>]+)>/.exec(from)?.[1] ?? from);
  return url && fromAddress ? { url, fromAddress } : undefined;
}
