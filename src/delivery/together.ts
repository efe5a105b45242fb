/**
 * Does many small writes as few large ones: whatever is asked for while the same work of the same key is under way is done
 * together next. Nothing waits for company; a batch that fails is done one by one, so that one bad item harms only itself.
 */
export function together<Item, Result>(
  work: (key: string, items: Item[]) => Promise<Result[]>,
  limit = 100,
): (key: string, item: Item) => Promise<Result> {
  type Asked = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void };
  const lines = new Map<string, Asked[]>();

  const alone = async (key: string, { item, resolve, reject }: Asked) => {
    try {
      resolve((await work(key, [item]))[0]!);
    } catch (error) {
      reject(error);
    }
  };

  const batch = async (key: string, asked: Asked[]) => {
    if (asked.length === 1) return alone(key, asked[0]!);
    let results: Result[];
    try {
      results = await work(
        key,
        asked.map(({ item }) => item),
      );
    } catch {
      for (const one of asked) await alone(key, one);
      return;
    }
    asked.forEach(({ resolve }, i) => {
      resolve(results[i]!);
    });
  };

  const drain = async (key: string, line: Asked[]) => {
    while (line.length > 0) await batch(key, line.splice(0, limit));
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
