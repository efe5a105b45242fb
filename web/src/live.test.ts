import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readers } from './live.ts';

/** The promise: whatever a process announces is read anew by some list, and what home counts is counted anew. */
const root = path.join(import.meta.dirname, '..', '..');
const files = (folder: string) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8'));
const found = (texts: string[], pattern: RegExp) => new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1]!)));

const announced = found(files('src'), /(?:announce\(\s*tx,\s*[\w.]+,|changed\(tx, call, '[^']+',)\s*'([a-z-]+)'/g);
const asked = found(files('web/src'), /(?:queryKey: |usePages(?:<[^(]*>)?\()\[\s*'([a-z-]+)'/g);
/** Told to other processes only, or read where nobody is signed in. */
const unread = new Set(['import-profiles']);

test('every topic leads to a list that is read', () => {
  expect(announced.size).toBeGreaterThan(15);
  const nobody = [...announced].filter((topic) => !unread.has(topic) && !(readers[topic] ?? [topic]).some((one) => asked.has(one)));
  expect(nobody).toEqual([]);
});

test('what home counts is counted anew', () => {
  const counted = ['documents', 'orders', 'imports', 'deliveries', 'receivables', 'causes', 'connections', 'payments', 'desk'];
  expect(counted.filter((topic) => !readers[topic]?.includes('home'))).toEqual([]);
});
