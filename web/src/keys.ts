import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { Key } from './texts.ts';

/**
 * Keyboard of the whole product. A binding is `j`, `shift+x`, `mod+enter` or a sequence `g i`. Single keys rest while somebody types or a
 * dialog is open, and can be switched off altogether (WCAG 2.1.4); combinations with mod always work.
 */
export type Binding = {
  keys: string;
  label: Key;
  run: (event: KeyboardEvent) => void;
  /** Also while a field has the focus. */
  always?: boolean;
};
export type Scope = { title: Key; bindings: Binding[] };

const scopes: { current: Scope }[] = [];
const listeners = new Set<() => void>();
let snapshot: Scope[] = [];
function changed(): void {
  snapshot = scopes.map((s) => s.current);
  for (const listener of listeners) listener();
}

const switchName = 'fakturist.singleKeys';
let singleKeys = globalThis.localStorage?.getItem(switchName) !== 'off';
export function setSingleKeys(on: boolean): void {
  singleKeys = on;
  localStorage.setItem(switchName, on ? 'on' : 'off');
  changed();
}
const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};
export const useSingleKeys = (): boolean => useSyncExternalStore(subscribe, () => singleKeys);
export const useScopes = (): Scope[] => useSyncExternalStore(subscribe, () => snapshot);

/** Bindings live as long as the component; the innermost wins. */
export function useKeys(title: Key, bindings: Binding[], enabled = true): void {
  const box = useRef({ title, bindings });
  box.current = { title, bindings };
  useEffect(() => {
    if (!enabled) return;
    scopes.push(box);
    changed();
    return () => {
      scopes.splice(scopes.indexOf(box), 1);
      changed();
    };
  }, [enabled]);
}

const mac = globalThis.navigator?.platform?.startsWith('Mac') ?? false;
let pending = '';
let pendingAt = 0;

function nameOf(event: KeyboardEvent): string {
  const parts = [];
  if (mac ? event.metaKey : event.ctrlKey) parts.push('mod');
  if (event.altKey) parts.push('alt');
  const key = event.key === ' ' ? 'space' : event.key.toLowerCase();
  // Shift is part of a sign such as "?"; with letters and named keys it is written out.
  if (event.shiftKey && (key.length > 1 || key !== key.toUpperCase())) parts.push('shift');
  return [...parts, key].join('+');
}

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.tagName === 'TEXTAREA' ||
    target.tagName === 'SELECT' ||
    (target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit)$/.test(target.type)));

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || ['Shift', 'Control', 'Meta', 'Alt'].includes(event.key)) return;
  const name = nameOf(event);
  const combined = name.startsWith('mod+') || name.startsWith('alt+');
  const inField = typing(event.target);
  const covered = ofLayer.has(event) || document.querySelector('[aria-modal="true"]') !== null;
  // Enter on a link or a button means that link or button.
  const own = name === 'enter' && event.target instanceof HTMLElement && event.target.closest('a,button,summary') !== null;
  if (own) return;
  // Escape leaves the field at once, whatever else it does and however long that takes: the next letters are keys, not text.
  if (name === 'escape' && inField && !covered) (event.target as HTMLElement).blur();
  // By when the keys were pressed: a page that is busy gets them later, and then all at once.
  const sequence = event.timeStamp - pendingAt < 1000 && pending ? `${pending} ${name}` : name;
  let prefix = false;
  for (const box of [...scopes].reverse()) {
    for (const binding of box.current.bindings) {
      // What lies over the page takes its own Escape, and that one alone.
      if (covered && (!binding.always || name === 'escape')) continue;
      // In a field letters are letters, and "select all" means its text.
      if (inField && !binding.always && (!combined || name === 'mod+a')) continue;
      if (!singleKeys && !combined && !/^(escape|enter|arrow\w+)$/.test(binding.keys)) continue;
      if (binding.keys === sequence || (sequence !== name && binding.keys === name)) {
        pending = '';
        event.preventDefault();
        binding.run(event);
        return;
      }
      if (binding.keys.startsWith(`${name} `)) prefix = true;
    }
  }
  if (prefix) {
    pending = name;
    pendingAt = event.timeStamp;
  } else pending = '';
}

let lastKeyAt = Number.NEGATIVE_INFINITY;
/** Keys of an open dialog, menu or calendar, which may be gone by the time they come here: the Escape that closes it is not the page's. */
const ofLayer = new WeakSet<KeyboardEvent>();
const onAnyKey = (event: KeyboardEvent) => {
  lastKeyAt = performance.now();
  const inLayer = event.target instanceof HTMLElement && event.target.closest('[role="menu"],[role="listbox"],[role="dialog"]') !== null;
  if (inLayer || document.querySelector('[aria-modal="true"]')) ofLayer.add(event);
};

/** A button is disabled while it works, and the browser takes the focus from what is disabled: it has it again as soon as it can. */
function focusKeeper(): MutationObserver {
  let working: Element | undefined;
  return new MutationObserver((changes) => {
    for (const { target } of changes) {
      const button = target as HTMLButtonElement;
      if (button.disabled) working = button === document.activeElement ? button : working;
      else if (button === working) {
        working = undefined;
        if (document.activeElement === document.body) button.focus({ preventScroll: true });
      }
    }
  });
}

export function listenToKeys(): () => void {
  const keeper = focusKeeper();
  keeper.observe(document.body, { subtree: true, attributes: true, attributeFilter: ['disabled'] });
  window.addEventListener('keydown', onAnyKey, { capture: true, passive: true });
  window.addEventListener('keydown', onKey);
  return () => {
    keeper.disconnect();
    window.removeEventListener('keydown', onAnyKey, { capture: true });
    window.removeEventListener('keydown', onKey);
  };
}

/** Runs once no key was pressed for that long, at once if that is so already: what is costly to draw never stands between a key and its letter. */
export function whenHandsRest(restMs: number, run: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const leftMs = lastKeyAt + restMs - performance.now();
    if (leftMs > 0) timer = setTimeout(look, leftMs);
    else run();
  };
  look();
  return () => clearTimeout(timer);
}

/** How a key is drawn: ⌘ on a Mac, Ctrl elsewhere. */
export function keyCaps(keys: string): string[][] {
  const signs: Record<string, string> = {
    mod: mac ? '⌘' : 'Ctrl',
    shift: '⇧',
    alt: mac ? '⌥' : 'Alt',
    enter: '↵',
    escape: 'Esc',
    arrowdown: '↓',
    arrowup: '↑',
    space: '␣',
  };
  return keys.split(' ').map((step) => step.split('+').map((part) => signs[part] ?? part.toUpperCase()));
}
