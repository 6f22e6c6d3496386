// What our two service workers do alike: files named by content come from the cache, and nobody waits for ever.

const PATIENCE_MS = 6000;

/** Returns a file as it was kept, or fetches and keeps it. */
export async function fromCache(request: Request, cache: string): Promise<Response> {
  const kept = await caches.match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const shell = await caches.open(cache);
    await shell.put(request.url, answer.clone());
  }
  return answer;
}

/** Rejects where the network is there and answers nothing: a phone in a cellar should not wait for ever. */
export function inTime(answer: Promise<Response>): Promise<Response> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('too late')), PATIENCE_MS);
    answer.then(resolve, reject);
  });
}
