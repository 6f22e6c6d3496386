// Whose scans this browser takes without network: named while the account is signed in, so that the page that comes
// up without network knows it too. It is a number, and means nothing without what is sealed.

const REMEMBERED = 'counter-account';

/** Returns the account the lists on this device belong to. */
export function findAccount(): string | undefined {
  try {
    return localStorage.getItem(REMEMBERED) ?? undefined;
  } catch {
    return undefined;
  }
}

export function rememberAccount(account: string): void {
  try {
    localStorage.setItem(REMEMBERED, account);
  } catch {
    // a private window: the page without network will say that it has no list
  }
}

export function forgetAccount(): void {
  try {
    localStorage.removeItem(REMEMBERED);
  } catch {
    // nothing was remembered
  }
}
