import { SaxesParser } from 'saxes';
import type { FileLimits, FileSource } from '../order-file.ts';
import { lineFieldOf, orderAliases } from './aliases.ts';
import { Repairer } from './repair.ts';
import type { Scan } from './scan.ts';
import { fold } from './values.ts';

/** The paths of an unknown XML file, learnt from its first part, and which of them holds the orders and their lines. */

type PathFacts = {
  path: string;
  leaf: boolean;
  /** Has elements or attributes. */
  branch: boolean;
  count: number;
  /** Most often it stood in one parent. */
  most: number;
  /** First values that are not empty. */
  samples: string[];
};
type Structure = { record?: string; item?: string; facts: PathFacts[] };

export const samplesKept = 20;
const learntChars = 2 * 1024 * 1024;
const pathsKept = 2_000;

/** `enough`: a question that more of the file would not answer otherwise, asked after each piece. */
export async function learnStructure(
  source: FileSource,
  scan: Scan,
  limits: FileLimits,
  enough: (known: ReadonlyMap<string, PathFacts>) => boolean = () => false,
): Promise<Structure> {
  const learner = new Learner(limits.depth);
  const decoder = new TextDecoder(scan.encoding.label);
  const repairer = new Repairer();
  let chars = 0;
  for await (const chunk of source.open()) {
    const text = decoder.decode(chunk, { stream: true });
    for (const piece of repairer.push(chars === 0 ? text.trimStart() : text)) learner.write(piece.text);
    chars += text.length;
    if (learner.stopped || chars > learntChars || enough(learner.facts)) break;
  }
  for (const piece of repairer.finish()) learner.write(piece.text);
  return choose([...learner.facts.values()]);
}

class Learner {
  readonly facts = new Map<string, PathFacts>();
  readonly #parser = new SaxesParser();
  readonly #stack: { path: string; children: Map<string, number>; hasChild: boolean; hasAttribute: boolean }[] = [];
  #text = '';
  stopped = false;

  constructor(depth: number) {
    this.#parser.on('error', (error) => {
      throw error;
    });
    this.#parser.on('opentag', (tag) => {
      if (this.#stack.length >= depth) throw new RangeError('nested too deep');
      this.#open(tag.name);
      const top = this.#stack.at(-1)!;
      for (const [name, value] of Object.entries(tag.attributes)) {
        top.hasAttribute = true;
        this.#note(`${top.path}/@${name}`, 1, true, String(value).trim().slice(0, 60));
      }
    });
    this.#parser.on('text', (text) => this.#add(text));
    this.#parser.on('cdata', (text) => this.#add(text));
    this.#parser.on('closetag', () => {
      const { path, hasChild, hasAttribute } = this.#stack.pop()!;
      const text = this.#text.trim().slice(0, 60);
      if (!hasChild && (text !== '' || !hasAttribute)) this.#note(path, 0, true, text);
      const facts = this.facts.get(path);
      if (facts && (hasChild || hasAttribute)) facts.branch = true;
      this.#text = '';
    });
  }

  write(text: string): void {
    if (this.stopped) return;
    try {
      this.#parser.write(text);
    } catch {
      this.stopped = true;
    }
  }

  #add(text: string): void {
    if (this.#text.length < 1000) this.#text += text.slice(0, 1000);
  }

  #open(name: string): void {
    const parent = this.#stack.at(-1);
    const path = parent ? `${parent.path}/${name}` : name;
    this.#text = '';
    let times = 1;
    if (parent) {
      parent.hasChild = true;
      times = (parent.children.get(name) ?? 0) + 1;
      parent.children.set(name, times);
    }
    this.#note(path, times, false, '');
    this.#stack.push({ path, children: new Map(), hasChild: false, hasAttribute: false });
  }

  #note(path: string, times: number, leaf: boolean, sample: string): void {
    let facts = this.facts.get(path);
    if (!facts) {
      if (this.facts.size >= pathsKept) return;
      facts = { path, leaf: false, branch: false, count: 0, most: 0, samples: [] };
      this.facts.set(path, facts);
    }
    if (times > 0) facts.count++;
    facts.most = Math.max(facts.most, times);
    facts.leaf ||= leaf;
    if (sample !== '' && facts.samples.length < samplesKept) facts.samples.push(sample);
  }
}

const idNames = new Set(orderAliases.get('externalId')!);
const lineMarks = new Set<string>(['quantity', 'unitGross', 'lineGross', 'name', 'sku', 'offerId']);

/**
 * The orders are the outermost element that comes again and again and holds an order's number; the lines are the element inside
 * it that holds a quantity and a price. In a file with one order nothing comes again: then the names alone decide.
 */
function choose(facts: PathFacts[]): Structure {
  const branches = facts.filter((f) => f.branch);
  const leavesOf = (path: string) => facts.filter((f) => f.leaf && f.path.startsWith(`${path}/`));
  const directLeaves = (path: string) =>
    leavesOf(path).filter((f) => !f.path.slice(path.length + 1).includes('/') || f.path.slice(path.length + 1).startsWith('@'));
  const marks = (path: string) =>
    new Set(
      directLeaves(path)
        .map((f) => lineFieldOf.get(fold(f.path.split(/[/@]/).at(-1)!)))
        .filter((f) => f !== undefined && lineMarks.has(f)),
    );
  const isItem = (path: string) => marks(path).has('quantity') && (marks(path).has('unitGross') || marks(path).has('lineGross'));
  const hasId = (path: string) => leavesOf(path).some((f) => idNames.has(fold(f.path.split(/[/@]/).at(-1)!)));
  const items = branches.filter((b) => isItem(b.path));
  // An item with a number of its own is no order while an element around it has one.
  const inOrder = (path: string) => branches.some((b) => path.startsWith(`${b.path}/`) && directIdScore(b.path) > 0);
  const score = (b: PathFacts) => {
    if (isItem(b.path) && inOrder(b.path)) return -1;
    const inside = items.some((i) => i.path === b.path || i.path.startsWith(`${b.path}/`));
    return inside && hasId(b.path) ? (b.most > 1 ? 1000 : 0) + directIdScore(b.path) - depthOf(b.path) : -1;
  };
  const directIdScore = (path: string) => (directLeaves(path).some((f) => idNames.has(fold(f.path.split(/[/@]/).at(-1)!))) ? 100 : 0);
  const record = branches.filter((b) => score(b) >= 0).sort((a, b) => score(b) - score(a))[0]?.path;
  if (record === undefined) return { ...byShape(branches, items), facts };
  const item = items.filter((i) => i.path.startsWith(`${record}/`)).sort((a, b) => marks(b.path).size - marks(a.path).size)[0]?.path;
  return { record, item, facts };
}

const depthOf = (path: string) => path.split('/').length;

/**
 * Names tell no order's number: then the orders are the outermost element that comes again and again around what is bought, or around
 * anything; the lines are what comes again inside it. A person says what the rest means.
 */
function byShape(branches: PathFacts[], items: PathFacts[]): Pick<Structure, 'record' | 'item'> {
  const within = (list: PathFacts[], path: string) => list.filter((b) => b.path.startsWith(`${path}/`));
  const outermost = branches.filter((b) => b.most > 1).sort((a, b) => depthOf(a.path) - depthOf(b.path));
  const record = (outermost.find((b) => within(items, b.path).length > 0) ?? outermost.find((b) => !items.includes(b)) ?? outermost[0])
    ?.path;
  if (record === undefined) return {};
  const inside = within(branches, record);
  return { record, item: (within(items, record)[0] ?? inside.find((b) => b.most > 1))?.path };
}
