import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fastify from 'fastify';
import { hearChanges } from '../api/events.ts';
import type { Edge } from '../api/route.ts';
import { mountAgents } from '../api/routes/agent-door.ts';
import type { Connector } from '../contract/connector.ts';
import {
  type AwaitedDocument,
  type FolderAnswer,
  type FolderFile,
  fileNameOf,
  printOf,
  resultAnswers,
  resultEnding,
} from '../contract/folder.ts';
import type { Context } from '../jobs/index.ts';

/** What tests and the campaign of the agent stand on: the hub's door without sockets, a connector by folder, a program behind it. */

/** A `fetch` that leads to the hub's door for agents in this process. */
export async function hubDoor(ctx: Context): Promise<{ fetch: typeof fetch; close(): Promise<void> }> {
  const changes = await hearChanges(ctx.store);
  const app = fastify();
  await mountAgents(app, { ctx, changes } as Edge);
  await app.ready();
  return {
    fetch: async (input, init) => {
      const url = new URL(String(input));
      const answer = await app.inject({
        method: (init?.method ?? 'GET') as 'GET',
        url: `${url.pathname}${url.search}`,
        headers: (init?.headers ?? {}) as Record<string, string>,
        payload:
          init?.body == null ? undefined : typeof init.body === 'string' ? init.body : Buffer.from(init.body as unknown as Uint8Array),
      });
      return new Response(answer.statusCode === 204 ? null : (answer.rawPayload as never), {
        status: answer.statusCode,
        headers: { 'content-type': String(answer.headers['content-type'] ?? '') },
      });
    },
    close: async () => {
      await app.close();
      await changes.close();
    },
  };
}

/** The plainest connector that works by a folder: a document is a small JSON file, the answer a result file of the same name. */
export const folderConnector: Connector = {
  manifest: {
    id: 'folder-test',
    name: 'Folder test',
    role: 'provider',
    countries: ['PL'],
    capabilities: ['folder'],
    documentKinds: ['invoice', 'correction', 'receipt', 'proforma'],
    numberOwners: ['hub', 'provider'],
    reporters: ['nobody', 'provider', 'hub'],
    settings: [],
    causes: [],
    limits: { concurrency: 16, maxSends: 5, timeoutMs: 10_000, settleAfterMs: 1_000 },
    about: { pl: 'Test', en: 'Test', hu: 'Teszt', sv: 'Test' },
  },
  open: () => ({
    check: async () => ({ ok: true, facts: [] }),
    folder: {
      mediaType: 'application/json',
      preflight: () => [],
      inbox: (document) => ({
        name: fileNameOf(document.reference, 'json'),
        bytes: Buffer.from(JSON.stringify({ reference: document.reference, gross: document.content.totals.gross })),
      }),
      async *write() {},
      batchName: () => 'batch.json',
      outbox: (file, awaited) => resultAnswers(file, awaited, new Set()) ?? looksLike(file, awaited),
      pdfOf: (name, awaited) => printOf(name, awaited, () => ''),
    },
  }),
};

/** `alike.json` names a document that bears no mark: it looks like each that is awaited. */
function looksLike(file: FolderFile, awaited: readonly AwaitedDocument[]): FolderAnswer[] {
  if (file.name !== 'alike.json') return [];
  const { number } = JSON.parse(Buffer.from(file.bytes).toString('utf8')) as { number: string };
  return awaited.map(({ reference, gross, currency }) => ({
    reference,
    outcome: { outcome: 'accepted', made: { providerId: number, number, gross, currency } },
    by: 'likeness',
  }));
}

/** A program that imports files and prints what it made. It counts, so that a file that came twice is seen. */
export class FolderProgram {
  readonly inbox: string;
  readonly outbox: string;
  readonly made: { reference: string; number: string }[] = [];
  open = true;
  refuses = false;
  constructor(root: string) {
    this.inbox = path.join(root, 'inbox');
    this.outbox = path.join(root, 'outbox');
    for (const folder of [this.inbox, this.outbox]) mkdirSync(folder, { recursive: true });
  }
  /** Takes what waits; at most `limit` files. */
  tick(limit = Number.POSITIVE_INFINITY): void {
    if (!this.open || !existsSync(this.inbox)) return;
    const names = readdirSync(this.inbox).filter((name) => !name.startsWith('.'));
    for (const name of names.slice(0, limit)) {
      const { reference, gross } = JSON.parse(readFileSync(path.join(this.inbox, name), 'utf8')) as { reference: string; gross: string };
      const stem = name.replace(/\.json$/, '');
      const answer = path.join(this.outbox, `${stem}${resultEnding}`);
      if (this.refuses) writeFileSync(answer, JSON.stringify({ reference, outcome: 'failed', class: 'data', message: 'no such goods' }));
      else {
        const number = `FS ${this.made.length + 1}/2026`;
        this.made.push({ reference, number });
        writeFileSync(answer, JSON.stringify({ reference, outcome: 'done', number, gross }));
        writeFileSync(path.join(this.outbox, `${stem}.pdf`), `%PDF-1.4 ${number}`);
      }
      rmSync(path.join(this.inbox, name));
    }
  }
}
