/**
 * Puts text on the clipboard. Browsers offer theirs only over https or on the machine itself; a shop's own server is often reached by plain
 * http in its network, where the old way still works.
 */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('aria-hidden', 'true');
  area.style.position = 'fixed';
  area.style.opacity = '0';
  // Inside an open dialog only what lies in it can have the focus.
  const place = document.activeElement?.closest('[role="dialog"]') ?? document.body;
  const before = document.activeElement as HTMLElement | null;
  place.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  before?.focus();
  if (!done) throw new Error('copy');
}
