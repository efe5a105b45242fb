import { expect, it } from 'vitest';
import { type Attachment, type Exchange, Failed, type IncomingOrder, type OrderMark, type PullOptions, type Session } from './connector.ts';
import type { Manifest } from './manifest.ts';
import type { Double } from './suite.ts';

/**
 * What the shared suite asks of channels with orders of their own: pulling misses nothing, whatever happens between two pages or two
 * runs; what is put on an order is seen there or said not to be, and is never there twice.
 */
export type ChannelDouble = Double & {
  channel: {
    /** Orders arrive over there, ready to be documented; their ids. */
    arrive(count: number): Promise<string[]>;
    /** Something of an order changes that its document depends on. */
    change(externalId: string): Promise<void>;
    remove(externalId: string): Promise<void>;
    /** The next reading, or the next but `skip`, fails. */
    breakReading(skip: number): Promise<void>;
    /** What becomes of the next write: its answer is lost before or after it was done, or it answers that all is well and keeps nothing. */
    breakWriting(how: 'lost-before' | 'lost-after' | 'keeps-nothing'): Promise<void>;
    /** Files on an order as they really lie there. */
    files(externalId: string): Promise<{ target: string; bytes: Uint8Array }[]>;
    pass(ms: number): Promise<void>;
  };
};
export type ChannelSuite = {
  /** A field of the look-up list `file-fields`. */
  target: string;
  marks: OrderMark[];
  /** Looks at a second file in a field that holds one. */
  replaces: boolean;
};

type Run = (work: (opened: { session: Session; double: ChannelDouble; exchanges: Exchange[] }) => Promise<void>) => Promise<void>;

const since = '2020-01-01';
const pdfOf = (text: string) => Buffer.from(`%PDF-1.7\n${text}\n%%EOF\n`);

/** What is stored of each order, as the engine would know it. */
class Shelf {
  readonly orders = new Map<string, IncomingOrder>();
  cursor: unknown;
  readings = 0;
  readonly options: PullOptions = {
    since,
    known: async (ids) => {
      const known = new Map<string, string | undefined>();
      for (const id of ids) {
        const order = this.orders.get(id);
        if (order && 'order' in order) known.set(id, order.order.revision);
      }
      return known;
    },
  };

  /** One run of the engine, or its first pages: each page is stored with its cursor; a failure leaves both where they were. */
  async pull(session: Session, pages = Number.POSITIVE_INFINITY): Promise<IncomingOrder[]> {
    const came: IncomingOrder[] = [];
    // A cursor is JSON between two runs.
    const start = this.cursor === undefined ? undefined : JSON.parse(JSON.stringify(this.cursor));
    for await (const page of session.pulls!.pull(start, this.options)) {
      for (const order of page.orders) {
        this.orders.set(idOf(order), order);
        came.push(order);
        this.readings++;
      }
      this.cursor = page.cursor;
      if (--pages <= 0) break;
    }
    return came;
  }
}

function idOf(order: IncomingOrder): string {
  return 'order' in order ? order.order.externalId : (order.externalId ?? '');
}

const ids = (orders: Iterable<IncomingOrder>) => [...orders].map(idOf).sort();

export function pullSuite(run: Run): void {
  it('gives every order there is, then only what is new', async () => {
    await run(async ({ session, double }) => {
      const first = await double.channel.arrive(7);
      const shelf = new Shelf();
      // What was read twice changes nothing; what was never given would be lost.
      expect(new Set(ids(await shelf.pull(session)))).toEqual(new Set(first));
      for (const order of shelf.orders.values()) expect(order).toHaveProperty('order');
      await double.channel.pass(60_000);
      const next = await double.channel.arrive(3);
      await double.channel.pass(60_000);
      expect(new Set(ids(await shelf.pull(session)))).toEqual(new Set(next));
      expect(shelf.orders.size).toBe(10);
    });
  });

  it('gives what changed once more, and says what is gone', async () => {
    await run(async ({ session, double }) => {
      const [changed, gone] = (await double.channel.arrive(4)) as [string, string];
      const shelf = new Shelf();
      await shelf.pull(session);
      const before = JSON.stringify(shelf.orders.get(changed));
      await double.channel.pass(60_000);
      await double.channel.change(changed);
      await double.channel.remove(gone);
      // Removal may be looked for less often than the rest.
      for (let minute = 0; minute < 7; minute++) {
        await double.channel.pass(60_000);
        await shelf.pull(session);
      }
      expect(JSON.stringify(shelf.orders.get(changed))).not.toBe(before);
      expect(shelf.orders.get(gone)).toMatchObject({ gone: true });
    });
  });

  it('takes no failed page for an empty one: it throws, and the next run misses nothing', async () => {
    await run(async ({ session, double }) => {
      const all = await double.channel.arrive(45);
      const shelf = new Shelf();
      for (let skip = 0; skip < 30; skip += 5) {
        await double.channel.breakReading(skip);
        const outcome = await shelf.pull(session).then(
          () => 'done',
          (error: unknown) => error,
        );
        if (outcome === 'done') continue;
        expect(outcome).toBeInstanceOf(Failed);
        await double.channel.pass(61_000);
      }
      for (let i = 0; i < 3; i++) {
        await double.channel.pass(61_000);
        await shelf.pull(session).catch(() => undefined);
      }
      expect(ids(shelf.orders.values())).toEqual([...all].sort());
    });
  });

  it('goes on after each page where a process that died left it, and comes to an end', async () => {
    await run(async ({ session, double }) => {
      const all = await double.channel.arrive(45);
      const shelf = new Shelf();
      let runs = 0;
      while (shelf.orders.size < all.length && runs++ < 60) await shelf.pull(session, 1 + (runs % 4));
      expect(ids(shelf.orders.values())).toEqual([...all].sort());
      // What came meanwhile is not taken for known.
      await double.channel.pass(60_000);
      const next = await double.channel.arrive(3);
      await double.channel.pass(60_000);
      for (let i = 0; i < 60 && shelf.orders.size < all.length + next.length; i++) await shelf.pull(session, 1 + (i % 4));
      expect(ids(shelf.orders.values())).toEqual([...all, ...next].sort());
    });
  });

  it('reads one order as the list gave it, and says of an unknown one that it does not exist', async () => {
    await run(async ({ session, double }) => {
      const [id] = (await double.channel.arrive(1)) as [string];
      const shelf = new Shelf();
      await shelf.pull(session);
      const listed = shelf.orders.get(id);
      const read = await session.pulls!.read(id);
      // The raw record may be written another way each time.
      expect(read && 'order' in read && read.order).toEqual(listed && 'order' in listed && listed.order);
      expect(await session.pulls!.read('999999999')).toMatchObject({ gone: true });
    });
  });

  it('rehearses past days without moving the cursor', async () => {
    await run(async ({ session, double }) => {
      const all = await double.channel.arrive(5);
      const today = double.now().toISOString().slice(0, 10);
      const seen: IncomingOrder[] = [];
      for await (const page of session.pulls!.past('2020-01-01', today)) seen.push(...page);
      expect(ids(seen)).toEqual([...all].sort());
      expect(new Set(ids(await new Shelf().pull(session)))).toEqual(new Set(all));
    });
  });
}

export function attachSuite(run: Run, suite: ChannelSuite): void {
  const attachment = (orderExternalId: string, text = 'one'): Attachment => ({
    orderExternalId,
    target: suite.target,
    number: 'FV/1/2026',
    kind: 'invoice',
    fileName: 'FV_1_2026.pdf',
    pdf: pdfOf(text),
    reference: `suite:${text}`,
  });
  /** What the engine does: look, and write only when it is not there. */
  async function put(session: Session, wanted: Attachment, tries = 3): Promise<string> {
    for (let i = 0; i < tries; i++) {
      const sight = await session.attaches!.seen(wanted);
      if (sight.seen !== 'absent') return sight.seen;
      await session.attaches!.attach(wanted);
    }
    return (await session.attaches!.seen(wanted)).seen;
  }

  it('puts a file on its order, byte for byte, and on no other', async () => {
    await run(async ({ session, double }) => {
      const [one, other] = (await double.channel.arrive(2)) as [string, string];
      expect((await session.attaches!.seen(attachment(one))).seen).toBe('absent');
      expect((await session.attaches!.attach(attachment(one))).outcome).toMatch(/accepted|pending/);
      expect((await session.attaches!.seen(attachment(one))).seen).toBe('visible');
      expect((await session.attaches!.seen(attachment(other))).seen).toBe('absent');
      const files = await double.channel.files(one);
      expect(files.map((f) => f.target)).toEqual([suite.target]);
      expect(Buffer.compare(Buffer.from(files[0]!.bytes), pdfOf('one'))).toBe(0);
      expect(await double.channel.files(other)).toEqual([]);
    });
  });

  it.each(['lost-before', 'lost-after', 'keeps-nothing'] as const)(
    'settles a write that is %s by looking, and ends with one file',
    async (how) => {
      await run(async ({ session, double }) => {
        const [id] = (await double.channel.arrive(1)) as [string];
        await double.channel.breakWriting(how);
        const outcome = await session.attaches!.attach(attachment(id));
        if (how !== 'keeps-nothing') expect(outcome.outcome).toBe('unknown');
        expect((await session.attaches!.seen(attachment(id))).seen).toBe(how === 'lost-after' ? 'visible' : 'absent');
        expect(await put(session, attachment(id))).toBe('visible');
        expect(await double.channel.files(id)).toHaveLength(1);
      });
    },
  );

  it('does not take another file for its own', async () => {
    await run(async ({ session, double }) => {
      const [id] = (await double.channel.arrive(1)) as [string];
      expect(await put(session, attachment(id, 'one'))).toBe('visible');
      expect((await session.attaches!.seen(attachment(id, 'two'))).seen).toBe('absent');
      expect(await put(session, attachment(id, 'two'))).toBe('visible');
    });
  });

  it('says of an order that is gone that it is refused, not that nobody knows', async () => {
    await run(async ({ session }) => {
      expect((await session.attaches!.attach(attachment('999999999'))).outcome).toBe('rejected');
      expect((await session.attaches!.seen(attachment('999999999'))).seen).toBe('refused');
    });
  });

  it('sets status, texts and notes, and tells whether they stand', async () => {
    await run(async ({ session, double }) => {
      const [id] = (await double.channel.arrive(1)) as [string];
      for (const mark of suite.marks) {
        expect(await session.attaches!.marked!(id, mark)).toEqual({ seen: 'absent' });
        expect((await session.attaches!.mark!(id, mark)).outcome).toBe('accepted');
        expect(await session.attaches!.marked!(id, mark)).toEqual({ seen: 'visible' });
      }
    });
  });
}

export function lookupSuite(run: (work: (session: Session) => Promise<void>) => Promise<void>, manifest: Manifest): void {
  it('fills every list that its settings name', async () => {
    await run(async (session) => {
      const lists = [
        ...new Set(manifest.settings.flatMap((field) => (field.lookup && !field.lookup.startsWith('our-') ? [field.lookup] : []))),
      ];
      for (const list of lists) {
        const options = await session.lookups!.options(list);
        expect(options.length, list).toBeGreaterThan(0);
        expect(new Set(options.map((o) => o.value)).size, list).toBe(options.length);
        for (const option of options) expect(option.label.trim(), list).not.toBe('');
      }
    });
  });
}

export function channelPrivacySuite(run: Run, suite: ChannelSuite, privateWords: string[]): void {
  it('keeps secrets, buyers and files out of what is recorded', async () => {
    await run(async ({ session, double, exchanges }) => {
      const [id] = (await double.channel.arrive(3)) as [string];
      const shelf = new Shelf();
      await shelf.pull(session);
      await session.attaches?.attach({
        orderExternalId: id,
        target: suite.target,
        number: 'FV/1',
        kind: 'invoice',
        fileName: 'a.pdf',
        pdf: pdfOf('x'.repeat(500)),
        reference: 'r',
      });
      expect(exchanges.length).toBeGreaterThan(3);
      const kept = JSON.stringify(exchanges);
      const buyers = [...shelf.orders.values()].flatMap((o) =>
        'order' in o ? [o.order.buyer.email, o.order.buyer.lastName, o.order.buyer.street, o.order.buyer.phone] : [],
      );
      for (const word of [...Object.values(double.secrets), ...privateWords, ...buyers.filter((w) => w !== undefined && w.length > 3)])
        expect(kept).not.toContain(word);
      expect(kept).not.toContain(Buffer.from('x'.repeat(300)).toString('base64'));
    });
  });
}
