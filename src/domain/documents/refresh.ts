import { recompute } from '../totals/index.ts';
import type { DocumentContent, DocumentLine } from './document.ts';

/**
 * Edits by a person survive a change of the order. Paths name fields of the content; lines are named by their id: `buyer.street`,
 * `lines.<id>.unitPrice`, `lines.<id>` for a line added or removed.
 */
type Difference = { path: string; order: unknown; document: unknown };

/** Fields that are derived: they change with everything and are nobody's edit. */
const derivedFields = new Set(['totals', 'correction', 'orderTotal']);
const derivedOfLine = new Set(['net', 'tax', 'gross']);

/** Paths whose values differ between two contents: what a person changed from `before` to `after`. */
export function editedPaths(before: DocumentContent, after: DocumentContent): string[] {
  const paths: string[] = [];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof DocumentContent>;
  for (const key of keys) {
    if (derivedFields.has(key)) continue;
    if (key === 'lines') paths.push(...editedLines(before.lines, after.lines));
    else if (isGroup(before[key]) && isGroup(after[key])) {
      const [a, b] = [before[key] as Group, after[key] as Group];
      for (const field of new Set([...Object.keys(a), ...Object.keys(b)])) if (!same(a[field], b[field])) paths.push(`${key}.${field}`);
    } else if (!same(before[key], after[key])) paths.push(key);
  }
  return paths;
}

type Group = Record<string, unknown>;
const isGroup = (value: unknown): value is Group => typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);

function editedLines(before: DocumentLine[], after: DocumentLine[]): string[] {
  const [old, now] = [byId(before), byId(after)];
  const ids = [...new Set([...old.keys(), ...now.keys()])];
  return ids.flatMap((id) => {
    const [a, b] = [old.get(id) as Group | undefined, now.get(id) as Group | undefined];
    // A share comes and goes with the rates of the goods: that is no edit.
    if (!a || !b) return (a ?? b)!.spread === undefined ? [`lines.${id}`] : [];
    const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
    const shared = a.spread !== undefined && b.spread !== undefined;
    return [...fields]
      .filter((field) => !derivedOfLine.has(field) && !(shared && field === 'unitPrice') && !same(a[field], b[field]))
      .map((field) => `lines.${id}.${field}`);
  });
}

const byId = (lines: DocumentLine[]) => new Map(lines.map((line) => [line.id, line]));

/** The content prepared anew, with the fields a person edited as they were; where the two now differ is told. */
export function refresh(
  kept: DocumentContent,
  fresh: DocumentContent,
  edited: string[],
): { content: DocumentContent; differences: Difference[] } {
  const content = structuredClone(fresh);
  const differences: Difference[] = [];
  for (const path of edited) {
    const difference = path.startsWith('lines.') ? keepLine(content, kept, path) : keepField(content, kept, path);
    if (difference) differences.push(difference);
  }
  return { content: recompute(content), differences };
}

function keepField(content: DocumentContent, kept: DocumentContent, path: string): Difference | undefined {
  const [head, field] = path.split('.') as [keyof DocumentContent, string | undefined];
  const [target, source] =
    field === undefined ? [content as Group, kept as Group] : [(content[head] ?? {}) as Group, (kept[head] ?? {}) as Group];
  const name = field ?? head;
  const [ordered, mine] = [target[name], source[name]];
  if (field !== undefined) (content as Group)[head] = target;
  if (mine === undefined) delete target[name];
  else target[name] = structuredClone(mine);
  return same(ordered, mine) ? undefined : { path, order: ordered, document: mine };
}

function keepLine(content: DocumentContent, kept: DocumentContent, path: string): Difference | undefined {
  // Ids may hold dots; a field of a line never does.
  const rest = path.slice('lines.'.length);
  const whole = kept.lines.find((line) => line.id === rest) ?? content.lines.find((line) => line.id === rest);
  const cut = rest.lastIndexOf('.');
  const id = whole || cut < 0 ? rest : rest.slice(0, cut);
  const field = id === rest ? undefined : rest.slice(cut + 1);
  const at = content.lines.findIndex((line) => line.id === id);
  const mine = kept.lines.find((line) => line.id === id);
  if (field === undefined) return keepWholeLine(content, at, mine, path);
  // The order lost the line: the edit has nothing to stand on.
  if (at < 0 || !mine) return { path, order: undefined, document: (mine as Group | undefined)?.[field] };
  const target = content.lines[at] as Group;
  const [ordered, value] = [target[field], (mine as Group)[field]];
  if (value === undefined) delete target[field];
  else target[field] = structuredClone(value);
  return same(ordered, value) ? undefined : { path, order: ordered, document: value };
}

function keepWholeLine(content: DocumentContent, at: number, mine: DocumentLine | undefined, path: string): Difference | undefined {
  const ordered = at < 0 ? undefined : content.lines[at];
  if (mine && at < 0) content.lines.push(structuredClone(mine));
  if (!mine && at >= 0) content.lines.splice(at, 1);
  return (mine === undefined) === (ordered === undefined) ? undefined : { path, order: ordered, document: mine };
}
