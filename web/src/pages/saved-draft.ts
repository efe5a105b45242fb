import { useQueryClient } from '@tanstack/react-query';
import {
  type Dispatch,
  type SetStateAction,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { DocumentDetail } from '../../../src/api/schemas/index.ts';
import type { DocumentContent } from '../../../src/domain/documents/document.ts';
import { editableParts } from '../../../src/domain/documents/editable.ts';
import type { Finding } from '../../../src/domain/finding.ts';
import { ApiError, api } from '../api.ts';
import { whenHandsRest } from '../keys.ts';
import { toast } from '../toasts.tsx';
import { stable } from '../ui/changed.ts';

/** An answer to a save draws the list beside the form anew: it waits for a pause between the keys, though not for ever. */
const saveAfterMs = 900;
const saveRestMs = 400;
const saveAtLatestMs = 3000;
/** Where nobody answered, it is tried again after pauses that double. */
const firstPauseMs = 2000;
const longestPauseMs = 30_000;

/** Parts that differ, as the API takes them: whole parts by their path, null for one that was taken away. */
function differences(from: DocumentContent, to: DocumentContent): Record<string, unknown> {
  const set: Record<string, unknown> = {};
  for (const part of editableParts)
    if (from[part] !== to[part] && JSON.stringify(from[part]) !== JSON.stringify(to[part])) set[part] = to[part] ?? null;
  return set;
}

const isSame = (a: DocumentContent, b: DocumentContent) => Object.keys(differences(a, b)).length === 0;

const isSilence = (error: unknown): boolean => {
  const status = error instanceof ApiError ? error.problem.status : 0;
  return status < 400 || status >= 500 || status === 429;
};
/** Whether a save that failed is tried again by itself: nobody answered, or what stands in its way (`unread`: why not) could not be read. */
export const comesAgain = (error: unknown, unread?: unknown): boolean => isSilence(error) || (unread !== undefined && isSilence(unread));

export type EditAnswer = { id: string; version: number; content: DocumentContent; findings: Finding[] };
/** Saves of forms that were left before the answer came; whoever opens the document again meanwhile waits for them. */
const leaving = new Map<string, Promise<void>>();
const listeners = new Set<() => void>();

function leave(id: string, saved: Promise<void>): void {
  const tell = () => {
    for (const listener of listeners) listener();
  };
  const done = saved
    .catch(() => {})
    .finally(() => {
      if (leaving.get(id) === done) leaving.delete(id);
      tell();
    });
  leaving.set(id, done);
  tell();
}

/** True while what was typed in an earlier form of the document is still on its way. */
export function useStillSaving(id: string): boolean {
  const subscribe = useCallback((listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return useSyncExternalStore(subscribe, () => leaving.has(id));
}

/** A save whose answer was lost: what was sent, by which version and content of the document. */
export type Unanswered = { version: number; before: DocumentContent; set: Record<string, unknown>; form: DocumentContent };

/**
 * Whether a document is what a save of ours without an answer made of it. The next version with what we sent is not enough: somebody else may
 * have saved the same word, and a save of findings alone sends none; nothing else may have changed either.
 */
export function isOurs({ version, before, set }: Unanswered, there: Pick<EditAnswer, 'version' | 'content'>): boolean {
  return (
    version + 1 === there.version &&
    editableParts.every((part) => stable(there.content[part]) === stable(part in set ? set[part] : before[part]))
  );
}

/** What somebody else made of a document, and what becomes of it if the parts that were changed here go over theirs. */
export type Conflict = { theirs: DocumentDetail; mine: DocumentContent };
export type Difference = { path: string; theirs: string; mine: string };

/** What is in the form over what somebody else saved: of the parts that were changed here ours, of the others theirs. */
export function overTheirs(taken: DocumentContent, draft: DocumentContent, theirs: DocumentContent): DocumentContent {
  const set = differences(taken, draft);
  return { ...theirs, ...Object.fromEntries(Object.entries(set).map(([part, value]) => [part, value ?? undefined])) };
}

/** Every place where two versions differ, by the path of its field; amounts that follow from others are left out. */
export function differingPlaces(theirs: DocumentContent, mine: DocumentContent): Difference[] {
  const found: Difference[] = [];
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  const walk = (path: string, a: unknown, b: unknown): void => {
    if (a === b) return;
    const name = path.slice(path.lastIndexOf('.') + 1);
    const [left, right] = [asOne(name, a), asOne(name, b)];
    if (left !== undefined || right !== undefined) {
      if (left !== right) found.push({ path, theirs: left ?? '', mine: right ?? '' });
      return;
    }
    if (isObject(a) || isObject(b)) {
      const [before, after] = [isObject(a) ? a : {}, isObject(b) ? b : {}];
      for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
        if (!countedMembers.has(key)) walk(`${path}.${key}`, before[key], after[key]);
    } else if ((a ?? '') !== (b ?? '')) found.push({ path, theirs: String(a ?? ''), mine: String(b ?? '') });
  };
  for (const part of editableParts) walk(part, theirs[part], mine[part]);
  return found;
}
/** What a form shows in one field though it has members: a rate, a number of a register. */
function asOne(name: string, value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { percent, key, category, value: number, scheme } = value as Record<string, string | undefined>;
  if (name === 'rate' && category !== undefined) return key ?? percent ?? category;
  return scheme !== undefined && number !== undefined ? number : undefined;
}
/** Follows from others, or is nothing that anybody reads. */
const countedMembers: ReadonlySet<string> = new Set(['id', 'orderLineId', 'kind', 'spread', 'net', 'tax', 'gross']);

type Settling = { settle?: string[]; unsettle?: string[] };
/** The form as it stood when it could not be saved. Without a pause it was refused: only after a change of it is there anything to try. */
type Failed = { form: DocumentContent; pauseMs?: number; findings: Finding[] };
const nothingFound: Finding[] = [];
type SavedDraft = {
  /** The document as the server has it. */
  base: DocumentDetail;
  /** Its content as it stands in the form. */
  draft: DocumentContent;
  setDraft: Dispatch<SetStateAction<DocumentContent>>;
  dirty: boolean;
  saving: boolean;
  /** Somebody else changed the document since it was read: both versions. */
  conflict: Conflict | undefined;
  /** What was changed here goes over what somebody else saved, and is saved with it. */
  keepMine: (conflict: Conflict) => void;
  /** Why the server did not take what was typed, each with its field: until it takes something. */
  refused: Finding[];
  /** Done when everything that stands in the form is with the server; fails where that cannot be, and says why itself. */
  save: (more?: Settling) => Promise<void>;
  /** What the server made of the document by another call. */
  adopt: (answer: EditAnswer) => void;
};

/**
 * A document that is saved while somebody types: one save at a time, each with what stands in the form when it goes. What the server took is
 * compared in the form's own writing, for the server orders and trims parts in its way, and that is no change of anybody's.
 */
export function useSavedDraft(stored: DocumentDetail, mayEdit: boolean): SavedDraft {
  const { id } = stored;
  const client = useQueryClient();
  const [base, setBase] = useState(stored);
  const [draft, setDraft] = useState(stored.content);
  const [taken, setTaken] = useState(stored.content);
  const [saving, setSaving] = useState(false);
  const [theirs, setTheirs] = useState<DocumentDetail>();
  const conflict = useMemo(() => {
    const latest = theirs && stored.version > theirs.version ? stored : theirs;
    return latest && { theirs: latest, mine: overTheirs(taken, draft, latest.content) };
  }, [theirs, stored, taken, draft]);
  const [failed, setFailed] = useState<Failed>();
  const dirty = useMemo(() => !isSame(taken, draft), [taken, draft]);
  const pauseMs = useMemo(() => (failed && isSame(failed.form, draft) ? failed.pauseMs : 0), [failed, draft]);
  // What a save reads that has waited for the one before it.
  const now = useRef({ base, draft, taken, failed, mayEdit, shown: true });
  useLayoutEffect(() => {
    Object.assign(now.current, { base, draft, taken, failed, mayEdit });
  });
  const underWay = useRef<Promise<EditAnswer>>(undefined);
  // Saves whose answer was lost: the document may have one of them, and that is nobody else's change.
  const unanswered = useRef<Unanswered[]>([]);
  const ownLost = useCallback((there: EditAnswer) => unanswered.current.find((lost) => isOurs(lost, there)), []);

  const receive = useCallback(
    async (answer: EditAnswer, form: DocumentContent) => {
      const next = { ...now.current.base, ...answer, kind: answer.content.kind };
      Object.assign(now.current, { base: next, taken: form });
      unanswered.current = [];
      setBase(next);
      setTaken(form);
      void client.invalidateQueries({ predicate: (q) => ['documents', 'count', 'home'].includes(String(q.queryKey[0])) });
      // An answer that was asked for before is older than this one.
      await client.cancelQueries({ queryKey: ['document', id] });
      client.setQueryData(['document', id], next);
      return answer;
    },
    [client, id],
  );
  const adopt = useCallback(
    (answer: EditAnswer) => {
      setTheirs(undefined);
      void receive(answer, answer.content);
      setDraft(answer.content);
    },
    [receive],
  );
  const save = useCallback(
    async (more?: Settling, byItself = false) => {
      for (let once = more; ; ) {
        while (underWay.current) await underWay.current.catch(() => {});
        const { base: at, draft: form, taken: before } = now.current;
        const set = differences(before, form);
        if (!once && Object.keys(set).length === 0) return;
        underWay.current = api
          .patch<EditAnswer>(`/documents/${id}`, { version: at.version, set, ...once })
          .then((answer) => receive(answer, form));
        setSaving(true);
        try {
          await underWay.current;
          once = undefined;
          setTheirs(undefined);
          setFailed(undefined);
        } catch (error) {
          const status = error instanceof ApiError ? error.problem.status : 0;
          if (status === 0 || status >= 500) unanswered.current.push({ version: at.version, before: at.content, set, form });
          let unread: unknown;
          const there =
            status === 409
              ? await api.get<DocumentDetail>(`/documents/${id}`).catch((e: unknown) => {
                  unread = e;
                  return undefined;
                })
              : undefined;
          if (there && unanswered.current.length > 0) {
            const lost = ownLost(there);
            if (lost) {
              await receive(there, lost.form);
              continue;
            }
          }
          const refused = !comesAgain(error, unread);
          const findings =
            error instanceof ApiError
              ? (error.problem.findings ?? []).filter((found) => found.where).map((found) => ({ ...found, level: 'hold' as const }))
              : [];
          const pause = now.current.failed?.pauseMs;
          // With findings to accept it may be those that are refused: what was typed is tried without them.
          if (!once)
            setFailed({ form, findings, pauseMs: refused ? undefined : Math.min(pause ? 2 * pause : firstPauseMs, longestPauseMs) });
          if (there && there.version > at.version && now.current.shown) setTheirs(there);
          // What stands at its field needs no second telling while somebody types.
          else if (!byItself || (refused ? findings.length === 0 : !pause)) toast({ error: error as Error });
          // What is refused may have been issued or withdrawn meanwhile.
          if (refused) void client.invalidateQueries({ queryKey: ['document', id], exact: true });
          throw error;
        } finally {
          underWay.current = undefined;
          setSaving(false);
        }
      }
    },
    [client, id, receive, ownLost],
  );

  // What others or jobs changed arrives while nothing of ours is unsaved; otherwise saving tells of the conflict. While a save is under way
  // what is stored may be our own text that was taken back in the form since.
  useEffect(() => {
    if (stored.version <= base.version || dirty || saving) return;
    const lost = ownLost(stored);
    if (lost) return void receive(stored, lost.form);
    setTheirs(undefined);
    setBase(stored);
    setDraft(stored.content);
    setTaken(stored.content);
  }, [stored, base.version, dirty, saving, ownLost, receive]);
  const keepMine = useCallback(
    ({ theirs: there, mine }: Conflict) => {
      setTheirs(undefined);
      setFailed(undefined);
      void receive(there, there.content);
      setDraft(mine);
    },
    [receive],
  );
  useEffect(() => {
    if (!dirty) setFailed(undefined);
    if (!dirty || !mayEdit || conflict || saving || pauseMs === undefined) return;
    const go = () => void save(undefined, true).catch(() => {});
    let rest: () => void = () => {};
    const timer = setTimeout(() => {
      rest = whenHandsRest(saveRestMs, go);
    }, pauseMs || saveAfterMs);
    // Whoever types on without a pause is saved all the same.
    const latest = setTimeout(go, pauseMs + saveAtLatestMs);
    return () => {
      clearTimeout(timer);
      clearTimeout(latest);
      rest();
    };
  }, [dirty, mayEdit, conflict, saving, pauseMs, save]);
  useEffect(() => {
    now.current.shown = true;
    return () => {
      now.current.shown = false;
      const { taken: before, draft: form, mayEdit: may } = now.current;
      if (underWay.current || (may && !isSame(before, form))) leave(id, save());
    };
  }, [id, save]);
  return { base, draft, setDraft, dirty, saving, conflict, keepMine, refused: failed?.findings ?? nothingFound, save, adopt };
}
