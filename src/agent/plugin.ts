import type { AgentCause, AgentPlugin, AgentPrinter, Job, JobKind, JobResult } from '../contract/agent/index.ts';
import type { FoundFile, StoredJob } from './store.ts';

/**
 * A plug-in does jobs step by step. A step may be cut off anywhere and is then taken again from what was noted: whatever cannot be
 * taken back is noted before it is done. So a restart, a lost printer and an ordinary wait are one and the same path.
 */
export type Step =
  | { done: JobResult }
  /** Not finished: look again after this long. `cause` says what it waits for, null that it goes on. `failed` counts as a try. */
  | { againMs: number; step: string; cause: AgentCause | null; failed?: boolean };

export type StepTools = {
  /** What was noted, and noting it: on disk when it returns. */
  note: Record<string, unknown>;
  keepNote(note: Record<string, unknown>): void;
  file(sha256: string): Buffer;
  now(): Date;
  /** Called off, or too late by now: what has not begun does not begin. */
  calledOff: 'cancelled' | 'expired' | undefined;
  signal: AbortSignal;
};

export interface Plugin {
  readonly name: string;
  readonly kind: 'folder' | 'print';
  readonly jobKinds: readonly JobKind[];
  /** Jobs with the same lane are stepped one after another. */
  laneOf(job: Job): string;
  step(job: Job, tools: StepTools): Promise<Step>;
  state(jobs: StoredJob[]): Promise<AgentPlugin>;
  printers?(): Promise<AgentPrinter[]>;
  /** New files, kept with their bytes before they are told. */
  scan?(): Promise<void>;
  /** The hub has the file. */
  taken?(found: FoundFile): void;
  /** Looks at the program behind it: on start and every hour. */
  watch?(): Promise<void>;
}

export const failed = (cause: AgentCause, resultClass: JobResult['class'] = 'data'): Step => ({
  done: { outcome: 'failed', class: resultClass, cause },
});
