// What every page of a worker does for the time without network: brings the wallet up to date, keeps the pages of
// one's vouchers, says when a page is an old one, and forgets everything when its holder signs out.

import { canKeepKey } from './device';
import { findNotes, isLeaving, leaveNothing } from './store';
import { synchronise } from './syncing';

const WORKER = '/my/sw.js';
const SCOPE = '/my';
const FORGETTING_MS = 1000;

export function install(): void {
  sayKept();
  const owner = document.body.dataset['owner'];
  if (owner && canKeepKey()) void prepare(owner);
  for (const form of document.querySelectorAll<HTMLFormElement>('form[action$="/logout"]')) {
    form.addEventListener('submit', leave);
  }
}

/** Brings kept things up to date; the page of a code does so itself. */
async function prepare(owner: string): Promise<void> {
  try {
    if (!document.querySelector('wallet-code')) {
      const notes = await findNotes(owner);
      await synchronise(owner, { bind: document.querySelector('[data-binds]') !== null && !notes });
    }
    if (!('serviceWorker' in navigator)) return;
    await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
    const { active } = await navigator.serviceWorker.ready;
    const old = document.documentElement.dataset['keptAt'] !== undefined;
    if (!old && !isLeaving()) active?.postMessage({ keep: pagesToKeep() });
  } catch {
    // a browser that keeps nothing shows everything while there is a network
  }
}

/** Returns the pages a worker needs without network: this one, and the ways to one's codes. */
function pagesToKeep(): string[] {
  const ahead = Array.from(document.querySelectorAll<HTMLAnchorElement>('a[data-keep]'), (link) => link.pathname);
  // a page that came through the service worker is kept already
  const here = navigator.serviceWorker.controller ? [] : [location.pathname + location.search];
  return [...new Set([...here, ...ahead])].filter((path) => path.startsWith(SCOPE));
}

function sayKept(): void {
  const keptAt = document.documentElement.dataset['keptAt'];
  const ribbon = document.querySelector<HTMLElement>('[data-kept]');
  // a screen with a code has a ribbon of its own, mends itself, and is not to be taken from under a scanner
  if (!ribbon || keptAt === undefined || document.querySelector('wallet-code')) return;
  const at = keptAt ? new Date(keptAt).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' }).slice(0, 16) : '';
  const words = ribbon.querySelector('[data-kept-at]');
  if (words) words.textContent = at;
  ribbon.hidden = false;
  const again = (): void => window.location.reload();
  ribbon.querySelector('button')?.addEventListener('click', again);
  window.addEventListener('online', again);
}

/** Has the service worker forget as well, with whatever it is fetching at this moment. */
async function tellWorker(): Promise<void> {
  const found = 'serviceWorker' in navigator ? await navigator.serviceWorker.getRegistration(SCOPE) : undefined;
  found?.active?.postMessage({ forget: true });
}

/** Forgets before signing out; a disk that does not answer does not keep anybody in. */
function leave(event: SubmitEvent): void {
  const form = event.currentTarget as HTMLFormElement;
  if (form.dataset['forgotten'] || !('indexedDB' in window)) return;
  event.preventDefault();
  const forgotten = Promise.allSettled([
    leaveNothing(),
    tellWorker(),
    'caches' in window ? caches.delete('own') : undefined,
  ]);
  const late = new Promise((resolve) => setTimeout(resolve, FORGETTING_MS));
  void Promise.race([forgotten, late]).then(() => {
    form.dataset['forgotten'] = '1';
    form.submit();
  });
}
