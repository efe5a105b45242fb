import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { RenderPdf } from '../delivery/index.ts';
import type { Context } from '../jobs/index.ts';
import type { Who } from '../toissue/index.ts';
import type { Accounts } from './accounts.ts';
import type { Changes } from './events.ts';
import type { Needs, Permission } from './permissions.ts';
import type { DemoMachineChange, DemoMachineState, DemoMail, DemoState, Role, sellTicketsAnswer } from './schemas/index.ts';

/** What every handler may use: the context of the middle ring and what belongs to the web edge. */
export type Edge = {
  ctx: Context;
  accounts: Accounts;
  changes: Changes;
  render: RenderPdf;
  version: string;
  /** Another address of the registers of companies, or `off`. */
  registerUrl?: string;
  demo?: Demo;
};

/** What the demo adds: its state, the mails caught and the sample. */
export type Demo = {
  state(): Promise<DemoState>;
  sample(): { name: string; bytes: Uint8Array };
  mails(): CaughtMail[];
  mail(id: string): CaughtMail | undefined;
  ordersArrive(count: number, at: 'sellasist' | 'baselinker'): Promise<number>;
  /** Who bills the demo's companies, and a bank statement with what they owe it. */
  operator?: { organizationId: string; statement(): Promise<{ name: string; bytes: Uint8Array }> };
  /** The demo's own computer, on which an agent can be installed. */
  machine?: DemoMachine;
  sellTickets(count: number): Promise<z.infer<typeof sellTicketsAnswer>>;
};
export type DemoMachine = {
  install(code: string): Promise<void>;
  state(): DemoMachineState;
  set(change: DemoMachineChange): void;
  page(index: number): Uint8Array | undefined;
};
type CaughtMail = Omit<DemoMail, 'files'> & { files: { fileName: string; contentType: string; sizeBytes: number; content: Uint8Array }[] };

/** Who calls, proven. `organizationId` is empty on routes that need none. */
export type Caller = {
  organizationId: string;
  actor: string;
  userId?: string;
  keyId?: string;
  role?: Role;
  permissions: ReadonlySet<Permission>;
};

export type Call<P = unknown, Q = unknown, B = unknown> = {
  edge: Edge;
  ctx: Context;
  who: Who;
  caller: Caller;
  params: P;
  query: Q;
  body: B;
  request: FastifyRequest;
  reply: FastifyReply;
};

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Out<T extends z.ZodType | undefined> = T extends z.ZodType ? z.output<T> : unknown;

type RouteSpec<
  P extends z.ZodType | undefined,
  Q extends z.ZodType | undefined,
  B extends z.ZodType | undefined,
  A extends z.ZodType | undefined,
> = {
  method: Method;
  /** Below /api/v1, with `:name` parameters. */
  url: string;
  needs: Needs;
  summary: string;
  tag: string;
  params?: P;
  query?: Q;
  body?: B;
  answer?: A;
  /** Media type of an answer that is no JSON. */
  produces?: string;
  /** The body is multipart/form-data or raw and is read by the handler. */
  consumes?: string;
  status?: 200 | 201 | 202;
  /** The answer shows a secret once: it is not kept for a repeated Idempotency-Key. */
  secret?: boolean;
  /** Listens or streams for long: no time limit. */
  handler: (call: Call<Out<P>, Out<Q>, Out<B>>) => Promise<A extends z.ZodType ? z.output<A> | FastifyReply : FastifyReply>;
};

// biome-ignore lint/suspicious/noExplicitAny: the list holds routes of every shape; each was checked where it was declared.
export type AnyRoute = RouteSpec<any, any, any, any>;

/** Declares a route; only a carrier of types. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  A extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<P, Q, B, A>): AnyRoute {
  return spec;
}

export function sendFile(
  reply: FastifyReply,
  file: { name: string; mediaType: string; bytes: Uint8Array | AsyncIterable<Uint8Array> | NodeJS.ReadableStream; download: boolean },
): FastifyReply {
  const ascii = file.name
    .normalize('NFD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/["\\]/g, '_');
  reply.header('content-type', file.mediaType);
  reply.header(
    'content-disposition',
    `${file.download ? 'attachment' : 'inline'}; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(file.name)}`,
  );
  reply.header('cache-control', 'private, no-store');
  return reply.send(file.bytes instanceof Uint8Array ? Buffer.from(file.bytes) : file.bytes);
}
