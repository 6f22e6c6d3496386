// Keys that let a form act once.

/** Returns 128 random bits; crypto.randomUUID would be missing where a desk is reached without HTTPS. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
