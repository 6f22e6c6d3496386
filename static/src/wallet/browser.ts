// A name this browser made up for itself: several people signing in on one device are told by it, and nothing else.

const KEPT = 'browser';

/** Returns the name, made at the first need. */
export function nameBrowser(): string {
  const fresh = crypto.randomUUID().replace(/-/g, '');
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept) return kept;
    localStorage.setItem(KEPT, fresh);
  } catch {
    // a private window is another browser each time
  }
  return fresh;
}
