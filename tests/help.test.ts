import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { variables } from '../src/delivery/mail/variables.ts';
import { allWords, generalCauses } from '../src/diagnosis/index.ts';
import { allConnectors } from '../src/open.ts';

/** Help is whole: the same pages in four languages, each in its own words, every link leads somewhere, every question mark finds its page. */
const root = path.join(import.meta.dirname, '..');
const languages = ['en', 'pl', 'hu', 'sv'] as const;
const troubles = { en: 'What can go wrong', pl: 'Co może pójść nie tak', hu: 'Mi mehet félre', sv: 'Vad som kan gå fel' };
const folder = (language: string) => path.join(root, 'help', language);
const pages = readdirSync(folder('en'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => file.slice(0, -3));
const text = (language: string, page: string) => readFileSync(path.join(folder(language), `${page}.md`), 'utf8');

function each(look: (language: (typeof languages)[number], page: string, content: string) => (string | false)[]): string[] {
  return languages.flatMap((language) =>
    pages.flatMap((page) =>
      look(language, page, text(language, page))
        .filter((wrong) => wrong !== false)
        .map((wrong) => `${language}/${page}: ${wrong}`),
    ),
  );
}

function sources(at: string): string[] {
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(at, entry.name);
    if (entry.isDirectory()) return sources(file);
    return /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name) ? [readFileSync(file, 'utf8')] : [];
  });
}

const web = path.join(root, 'web', 'src');
const connectors = await allConnectors();
const screens = existsSync(web) ? sources(web) : [];
const allFound = (pattern: RegExp) => screens.flatMap((source) => [...source.matchAll(pattern)].map((match) => match[1]!));

test('every language has the same pages and nothing else', () => {
  expect(pages.length).toBeGreaterThan(30);
  for (const language of languages)
    expect(readdirSync(folder(language)).sort(), language).toEqual(pages.map((page) => `${page}.md`).sort());
});

test('each page has one title, says first what can be done, ends with what can go wrong, and stays short', () => {
  expect(
    each((language, _page, content) => {
      const lines = content.trimEnd().split('\n');
      return [
        !/^# \S/.test(lines[0]!) && 'no title',
        lines.filter((line) => line.startsWith('# ')).length > 1 && 'two titles',
        !/^\p{L}/u.test(lines[2] ?? '') && 'does not begin with a sentence',
        !lines.includes(`## ${troubles[language]}`) && 'does not say what can go wrong',
        lines.length > 60 && `${lines.length} lines`,
      ];
    }),
  ).toEqual([]);
});

test('no page is a copy of another language', () => {
  // Lines of prose only: tables of variables and commands are alike everywhere by nature.
  const prose = (content: string) => content.split('\n').filter((line) => line.length > 60 && !line.startsWith('|'));
  expect(
    each((language, page, content) => {
      const others = new Set(languages.filter((other) => other !== language).flatMap((other) => prose(text(other, page))));
      return prose(content).map((line) => others.has(line) && `also in another language: ${line.slice(0, 50)}`);
    }),
  ).toEqual([]);
});

test('pages say the same things: as many headings, steps, points and rows in each language', () => {
  const shape = (content: string) =>
    ['# ', '## ', '- ', '| '].map((mark) => content.split('\n').filter((line) => line.startsWith(mark)).length).join() +
    content.split('\n').filter((line) => /^\d+\. /.test(line)).length;
  expect(each((_language, page, content) => [shape(content) !== shape(text('en', page)) && 'other shape than in English'])).toEqual([]);
});

test('every link leads to a page, a file or a screen', () => {
  const routes = new Set(allFound(/<Route path="(\/[^":*]*?)\/?(?:[:*][^"]*)?"/g).map((route) => route || '/'));
  const parts = new Set(allFound(/part: '([a-z-]+)'/g).map((part) => `/settings/${part}`));
  let seen = 0;
  const wrong = each((language, _page, content) =>
    [...content.matchAll(/\[[^\]]+\]\(([^)\s]+)\)/g)].map(([, target]) => {
      seen++;
      if (target!.startsWith('/api/')) return target !== '/api/v1/docs' && target!;
      if (target!.startsWith('/')) return screens.length > 0 && !routes.has(target!) && !parts.has(target!) && target!;
      return !existsSync(path.join(folder(language), target!)) && target!;
    }),
  );
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(300);
});

test('every question mark of the screens finds its page', () => {
  const asked = new Set([
    ...allFound(/\bhelp="([a-z-]+)"/g),
    ...(allFound(/(help=\{`settings-\$\{)/g).length > 0 ? allFound(/part: '([a-z-]+)'/g).map((part) => `settings-${part}`) : []),
  ]);
  expect([...asked].filter((page) => !pages.includes(page))).toEqual([]);
  if (screens.length > 0) expect(asked.size).toBeGreaterThan(10);
});

/** Words of the screens, and of the connectors' settings and causes, in one language. */
function shown(language: (typeof languages)[number]): string[] {
  const words = Object.values(JSON.parse(readFileSync(path.join(web, 'texts', `${language}.json`), 'utf8')) as Record<string, string>);
  const gather = (value: unknown): void => {
    if (!value || typeof value !== 'object') return;
    const own = (value as Record<string, unknown>)[language];
    if (typeof own === 'string') words.push(own);
    else for (const inner of Object.values(value)) gather(inner);
  };
  for (const { manifest } of connectors.values()) {
    gather(manifest);
    words.push(manifest.name);
  }
  for (const { words: of } of allWords()) gather(of);
  return words.map((word) => plain(word.replace(/\s*\{\w+\}.*/s, '')));
}
const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[’']/g, "'")
    .replace(/[\s…:.?!]+$/, '')
    .trim();

test('what help names in bold or italics stands on the screens, word for word', () => {
  // Ideas rather than words of a screen.
  const ideas: Record<string, string[]> = {
    en: ['hold', 'warning', 'cause', 'csv', 'as they should be', 'simulator', 'database', 'key file'],
    pl: ['wstrzymanie', 'ostrzeżenie', 'csv', 'tak, jak ma być', 'symulator', 'baza danych', 'plik klucza'],
    hu: ['visszatartás', 'figyelmeztetés', 'ok', 'csv', 'ahogyan lenniük kell', 'adatbázis', 'kulcsfájl'],
    sv: ['stopp', 'varning', 'csv', 'som de ska vara', 'simulator', 'databasen', 'nyckelfilen'],
  };
  let seen = 0;
  const known = Object.fromEntries(languages.map((language) => [language, shown(language)]));
  const wrong = each((language, _page, content) =>
    [...content.matchAll(/\*\*([^*\n]+)\*\*|(?<!\*)\*([^*\n]+)\*(?!\*)/g)].map((match) => {
      // A bold that begins a paragraph or a point is its heading.
      if (match[1] && /(?:^|\n|\n- )$/.test(content.slice(0, match.index))) return false;
      seen++;
      const said = plain((match[1] ?? match[2])!);
      return !known[language]!.some((word) => word === said || word.startsWith(`${said} `)) && !ideas[language]!.includes(said) && match[0];
    }),
  );
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(800);
});

test('what a remedy says to press is a button of the screens, in each language', () => {
  const press = {
    en: /press (?:here )?“([^”]+)”/g,
    pl: /naciśnij[^„.]{0,20}„([^”]+)”/g,
    hu: /nyomja meg[^„.]{0,20}„([^”]+)”/g,
    sv: /tryck[^”.]{0,20}”([^”]+)”/g,
  };
  // A button of the other side's panel, whose language it has.
  const theirs = ['utwórz webhook'];
  const remedies = [
    ...allWords().map(({ words }) => words),
    ...generalCauses,
    ...[...connectors.values()].flatMap(({ manifest }) => manifest.causes),
  ];
  let seen = 0;
  const wrong = languages.flatMap((language) => {
    const buttons = Object.values(
      JSON.parse(readFileSync(path.join(web, 'texts', `${language}.json`), 'utf8')) as Record<string, string>,
    ).map(plain);
    return remedies.flatMap(({ remedy }) =>
      [...(remedy?.[language] ?? '').matchAll(press[language])].map((match) => {
        seen++;
        const said = plain(match[1]!);
        return !buttons.includes(said) && !theirs.includes(said) && `${language}: ${match[0]}`;
      }),
    );
  });
  expect(wrong.filter(Boolean)).toEqual([]);
  expect(seen).toBeGreaterThan(30);
});

test('every variable of a message is listed, in the words of the variable list, and none that is not there', () => {
  for (const language of languages) {
    const content = text(language, 'settings-messages');
    const rows = [...content.matchAll(/^\| `([\w.]+)` \| (.+) \|$/gm)].map(([, name, meaning]) => [name, meaning]);
    expect(rows, language).toEqual(variables.map((variable) => [variable.name, variable.meaning[language]]));
  }
});

test('no path, host or leftover of a workplace, and no markup that the screens cannot draw', () => {
  expect(
    each((_language, _page, content) => [
      /\/(?:work|tmp|root|home|Users)\/|localhost|127\.0\.0\.1/.test(content) && 'machine path or host',
      /\b(?:TODO|FIXME|lorem)\b/i.test(content) && 'unfinished',
      /<\/?[a-z]+[ >]|^#{5,} |!\[/m.test(content) && 'markup that is not drawn',
    ]),
  ).toEqual([]);
});
