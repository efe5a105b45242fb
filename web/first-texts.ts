import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Which words the first page needs: those named in what the browser must load before it can show log-in, home or the queue. The build cuts
 * each language file in two by this, so that areas which are added later add nothing to the first load.
 */
const source = join(dirname(fileURLToPath(import.meta.url)), 'src');
const firstModules = ['main.tsx', 'pages/login.tsx', 'pages/home.tsx', 'pages/to-issue.tsx'];

/** Source of every module that the first pages import without delay. Types vanish in the build and are not followed. */
function firstSources(): string[] {
  const seen = new Map<string, string>();
  const walk = (file: string) => {
    if (seen.has(file) || !existsSync(file)) return;
    const text = readFileSync(file, 'utf8');
    seen.set(file, text);
    for (const [, target] of text.matchAll(/^(?:import|export) (?!type )(?:[^'"();]*? from )?'(\.[^']+\.tsx?)'/gms))
      walk(join(dirname(file), target!));
  };
  for (const name of firstModules) walk(join(source, name));
  return [...seen.values()];
}

/** True for a key that is written out in the sources, or that a template such as `kind.${kind}` there can make. */
export function namedIn(sources: string[]): (key: string) => boolean {
  const code = sources.join('\n');
  const made = [...code.matchAll(/`([a-zA-Z.]+)\$\{[^`]*?\}([a-zA-Z.]*)`/g)]
    .map((m) => ({ start: m[1]!, end: m[2]! }))
    .filter((m) => m.start.includes('.'));
  return (key) => {
    const base = key.replace(/_(one|few|many|other)$/, '');
    return code.includes(`'${base}'`) || made.some((m) => base.startsWith(m.start) && base.endsWith(m.end));
  };
}

/** Keys that English has and this language lacks; plural forms count as one. */
export function missingKeys(words: Record<string, string>): string[] {
  const english = JSON.parse(readFileSync(join(source, 'texts', 'en.json'), 'utf8')) as Record<string, string>;
  const bases = (of: Record<string, string>) => new Set(Object.keys(of).map((key) => key.replace(/_(one|few|many|other)$/, '')));
  const own = bases(words);
  return [...bases(english)].filter((key) => !own.has(key));
}

export function cutTexts(words: Record<string, string>, part: 'first' | 'rest'): Record<string, string> {
  const first = namedIn(firstSources());
  return Object.fromEntries(Object.entries(words).filter(([key]) => first(key) === (part === 'first')));
}
