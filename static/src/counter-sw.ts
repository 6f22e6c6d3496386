// The service worker of the scan page: without network it brings up a page that says nothing about anybody, with the
// scripts and the program that reads codes. What such a page shows comes from the sealed lists on this device.

import { fromCache, inTime } from './serving';

declare const self: ServiceWorkerGlobalScope & { BUILD: string; FILES: string[] };

const SHELL = `counter-${self.BUILD}`;
const SCAN = '/institution/scan';
const PAGE = '/institution/scan/offline';

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(activate()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith('/static/assets/')) event.respondWith(fromCache(request, SHELL));
  else if (request.mode === 'navigate' && url.pathname === SCAN) event.respondWith(navigate(request));
});

async function install(): Promise<void> {
  // as nobody in particular, so that it says nothing about anybody
  const page = await fetch(PAGE, { cache: 'no-store', credentials: 'omit' });
  if (!page.ok) throw new Error('no page for the time without network');
  const shell = await caches.open(SHELL);
  await shell.put(PAGE, page);
  await shell.addAll(self.FILES);
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('counter-') && name !== SHELL) await caches.delete(name);
  }
  await self.clients.claim();
}

async function navigate(request: Request): Promise<Response> {
  try {
    return await inTime(fetch(request));
  } catch {
    return (await caches.match(PAGE)) ?? Response.error();
  }
}
