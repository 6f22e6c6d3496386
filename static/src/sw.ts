// The service worker of a worker's pages: what was loaded once is there without network.
// Pages come from the network while there is one; scripts and styles, named by content, from the cache.
// Pages of a person lie in a cache of their own, which is emptied when the session is over.

import { fromCache, inTime } from './serving';

declare const self: ServiceWorkerGlobalScope & { BUILD: string };

const SHELL = `shell-${self.BUILD}`;
const OWN = 'own';
const NO_NETWORK = '/my/no-network';
const FRESH_MS = 10 * 60_000;
const ASSET = /(?:href|src)="(\/static\/[^"]+)"/g;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/static/assets/')) event.respondWith(fromCache(request, SHELL));
  else if (request.mode === 'navigate') event.respondWith(navigate(event, request));
});

self.addEventListener('message', (event) => {
  const told = event.data as { forget?: true; keep?: string[] };
  if (told.forget) event.waitUntil(forget());
  if (told.keep) event.waitUntil(Promise.all(told.keep.map((path) => keepAhead(path))));
});

/** Puts what a page without network needs into the cache. */
async function install(): Promise<void> {
  // as nobody in particular, so that it says nothing about anybody
  const page = await fetch(NO_NETWORK, { cache: 'no-store', credentials: 'omit' });
  const html = await page.clone().text();
  const shell = await caches.open(SHELL);
  await shell.put(NO_NETWORK, page);
  await shell.addAll(Array.from(html.matchAll(ASSET), (found) => found[1]!));
  await self.skipWaiting();
}

/** Takes over open pages; pages kept by an older build would ask for files that are gone. */
async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('shell-') && name !== SHELL) {
      await caches.delete(name);
      await caches.delete(OWN);
    }
  }
  await self.clients.claim();
}

// how often everything was forgotten: what was asked for before that is not kept after it
let forgotten = 0;

async function forget(): Promise<void> {
  forgotten += 1;
  await caches.delete(OWN);
}

async function navigate(event: FetchEvent, request: Request): Promise<Response> {
  const asked = forgotten;
  try {
    const answer = await inTime(fetch(request));
    event.waitUntil(keepPage(request.url, answer.clone(), asked));
    return answer;
  } catch {
    return (await keptPage(request.url)) ?? (await caches.match(NO_NETWORK)) ?? Response.error();
  }
}

/** Keeps a page of one's own; a page that led to signing in ends what was kept. */
async function keepPage(url: string, answer: Response, asked: number): Promise<void> {
  if (answer.redirected || answer.type === 'opaqueredirect') {
    await forget();
    return;
  }
  if (answer.type !== 'basic' || answer.status !== 200 || asked !== forgotten) return;
  // a paper voucher is not kept: it says more than a page, and could not say when it was kept
  if (!answer.headers.get('Content-Type')?.startsWith('text/html')) return;
  const own = await caches.open(OWN);
  await own.put(url, answer);
  // signed out while it was written down
  if (asked !== forgotten) await caches.delete(OWN);
}

async function keepAhead(path: string): Promise<void> {
  const url = new URL(path, self.location.origin).href;
  const kept = await caches.match(url, { cacheName: OWN });
  if (kept && Date.now() - Date.parse(kept.headers.get('Date') ?? '') < FRESH_MS) return;
  const asked = forgotten;
  await keepPage(url, await fetch(url, { cache: 'no-store', credentials: 'same-origin' }), asked);
}

/** Returns a page as it was when it was kept, and lets it say so. */
async function keptPage(url: string): Promise<Response | undefined> {
  const kept = await caches.match(url.split('#')[0]!, { cacheName: OWN });
  if (!kept) return undefined;
  const at = kept.headers.get('Date') ?? '';
  const html = (await kept.text()).replace('<html ', `<html data-kept-at="${at.replace(/[^\w ,:]/g, '')}" `);
  const headers = new Headers(kept.headers);
  headers.delete('Content-Encoding');
  headers.delete('Content-Length');
  return new Response(html, { status: 200, headers });
}
