/**
 * Does many small writes as few large ones: whatever was asked for of one key by the time its transaction is open is done in it, and what
 * comes meanwhile in the next. Nothing waits for company; a batch that fails is done one by one, so that one bad item harms only itself.
 */
export function together<Scope, Item, Result>(
  open: <T>(key: string, body: (scope: Scope) => Promise<T>) => Promise<T>,
  work: (scope: Scope, key: string, items: Item[]) => Promise<Result[]>,
  limit = 100,
): (key: string, item: Item) => Promise<Result> {
  type Asked = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void };
  const lines = new Map<string, Asked[]>();

  const batch = (key: string, taken: () => Asked[]) =>
    open(key, (scope) =>
      work(
        scope,
        key,
        taken().map(({ item }) => item),
      ),
    );

  const drain = async (key: string, line: Asked[]) => {
    while (line.length > 0) {
      let asked: Asked[] = [];
      const take = () => {
        asked = line.splice(0, limit);
        return asked;
      };
      try {
        const results = await batch(key, take);
        for (const [at, { resolve }] of asked.entries()) resolve(results[at]!);
      } catch (error) {
        // The transaction did not even open for one that asked: nobody else needs to wait for that.
        if (asked.length === 0) take();
        if (asked.length === 1) asked[0]!.reject(error);
        else for (const one of asked) await batch(key, () => [one]).then(([result]) => one.resolve(result!), one.reject);
      }
    }
    lines.delete(key);
  };

  return (key, item) =>
    new Promise((resolve, reject) => {
      const line = lines.get(key);
      if (line) line.push({ item, resolve, reject });
      else {
        const begun: Asked[] = [{ item, resolve, reject }];
        lines.set(key, begun);
        setImmediate(() => void drain(key, begun));
      }
    });
}
