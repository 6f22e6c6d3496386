// What a counter keeps on its own disk: class lists and scans, sealed; beside them only whose they are, which class,
// and until when. The key of an account is made here and cannot be taken out of the browser.

const NAME = 'voucher-counter';
const KEYS = 'keys';
const PACKS = 'packs';
const SCANS = 'scans';
const ALGORITHM = 'AES-GCM';
const NONCE_BYTES = 12;

/** Something sealed under an account's key. */
export interface Sealed {
  nonce: Uint8Array<ArrayBuffer>;
  bytes: ArrayBuffer;
}

/** The list of one class; moments by the server's clock, `aheadMs` is how far this device's clock is before it. */
export interface PackRow {
  place: string; // account and class
  account: string;
  classId: number;
  expiresMs: number;
  aheadMs: number;
  sealed: Sealed;
}

export interface ScanRow {
  clientId: string;
  account: string;
  classId: number;
  atMs: number;
  waiting: boolean; // still to be sent
  sealed: Sealed;
}

interface KeyRow {
  account: string;
  key: CryptoKey;
}

/** Tells whether this browser can seal and keep: HTTPS, WebCrypto, a database. */
export const canKeep = (): boolean =>
  window.isSecureContext && 'indexedDB' in window && typeof crypto.subtle === 'object';

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  return (opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(KEYS, { keyPath: 'account' });
      asked.result.createObjectStore(PACKS, { keyPath: 'place' });
      asked.result.createObjectStore(SCANS, { keyPath: 'clientId' });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => {
      opened = undefined; // tried again at the next scan
      reject(asked.error);
    };
  }));
}

/** Runs one transaction and resolves with the work's answer once it is on the disk. */
async function run<Answer>(
  stores: string[],
  mode: IDBTransactionMode,
  work: (store: (name: string) => IDBObjectStore, give: (answer: Answer) => void) => void,
): Promise<Answer | undefined> {
  const database = await open();
  return new Promise((resolve, reject) => {
    let answer: Answer | undefined;
    const made = database.transaction(stores, mode, { durability: 'strict' });
    made.oncomplete = () => resolve(answer);
    made.onabort = () => reject(made.error);
    work(
      (name) => made.objectStore(name),
      (given) => (answer = given),
    );
  });
}

async function readAll<Row>(name: string): Promise<Row[]> {
  const found = await run<Row[]>([name], 'readonly', (store, give) => {
    const asked = store(name).getAll();
    asked.onsuccess = () => give(asked.result as Row[]);
  });
  return found ?? [];
}

/** Returns the key of an account; of two pages that make one at once, one stays. */
async function keyOf(account: string): Promise<CryptoKey> {
  const made = await crypto.subtle.generateKey({ name: ALGORITHM, length: 256 }, false, ['encrypt', 'decrypt']);
  const kept = await run<CryptoKey>([KEYS], 'readwrite', (store, give) => {
    const asked = store(KEYS).get(account);
    asked.onsuccess = () => {
      const there = asked.result as KeyRow | undefined;
      if (!there) store(KEYS).put({ account, key: made });
      give(there?.key ?? made);
    };
  });
  return kept ?? made;
}

async function seal(account: string, content: unknown): Promise<Sealed> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(content));
  const bytes = await crypto.subtle.encrypt({ name: ALGORITHM, iv: nonce }, await keyOf(account), plain);
  return { nonce, bytes };
}

/** Returns what was sealed, or undefined where the key is another one by now. */
export async function unseal<Content>(row: { account: string; sealed: Sealed }): Promise<Content | undefined> {
  try {
    const { nonce, bytes } = row.sealed;
    const plain = await crypto.subtle.decrypt({ name: ALGORITHM, iv: nonce }, await keyOf(row.account), bytes);
    return JSON.parse(new TextDecoder().decode(plain)) as Content;
  } catch {
    return undefined;
  }
}

/** Keeps the list of a class, sealed. */
export async function keepPack(row: Omit<PackRow, 'place' | 'sealed'>, content: unknown): Promise<void> {
  const sealed = await seal(row.account, content);
  const whole: PackRow = { ...row, place: `${row.account}/${row.classId}`, sealed };
  await run([PACKS], 'readwrite', (store) => store(PACKS).put(whole));
}

/** Returns the lists kept for an account, whether they are good still or not. */
export async function listPacks(account: string): Promise<PackRow[]> {
  return (await readAll<PackRow>(PACKS)).filter((each) => each.account === account);
}

/** Forgets the list of a class. */
export async function dropPack(account: string, classId: number): Promise<void> {
  await run([PACKS], 'readwrite', (store) => store(PACKS).delete(`${account}/${classId}`));
}

/** Keeps a scan, sealed, in place of what was kept of it before; it is on the disk when this resolves. */
export async function keepScan(row: Omit<ScanRow, 'sealed'>, content: unknown): Promise<void> {
  const sealed = await seal(row.account, content);
  await run([SCANS], 'readwrite', (store) => store(SCANS).put({ ...row, sealed }));
}

/** Returns the scans of an account, the newest first. */
export async function listScans(account: string): Promise<ScanRow[]> {
  const mine = (await readAll<ScanRow>(SCANS)).filter((each) => each.account === account);
  return mine.sort((one, other) => other.atMs - one.atMs);
}

export async function dropScan(clientId: string): Promise<void> {
  await run([SCANS], 'readwrite', (store) => store(SCANS).delete(clientId));
}

/**
 * Forgets the lists of everybody but one account, lists that are over, scans that were told their end to somebody
 * else, and keys that open nothing any more. What waits to be sent stays, sealed, for whom it belongs to.
 */
export async function sweep(account: string | undefined): Promise<void> {
  await run([KEYS, PACKS, SCANS], 'readwrite', (store) => {
    const asked = [KEYS, PACKS, SCANS].map((name) => store(name).getAll());
    asked[2]!.onsuccess = () => {
      const [keys, packs, scans] = asked.map((each) => each.result) as [KeyRow[], PackRow[], ScanRow[]];
      const stays = ({ account: whose, expiresMs, aheadMs }: PackRow): boolean =>
        whose === account && Date.now() - aheadMs < expiresMs;
      for (const each of packs) if (!stays(each)) store(PACKS).delete(each.place);
      const waits = scans.filter((each) => each.account === account || each.waiting);
      for (const each of scans) if (!waits.includes(each)) store(SCANS).delete(each.clientId);
      const used = new Set([account, ...waits.map((each) => each.account)]);
      for (const each of keys) if (!used.has(each.account)) store(KEYS).delete(each.account);
    };
  });
}

/** Returns how many scans of an account are still to be sent. */
export async function countWaiting(account: string): Promise<number> {
  return (await listScans(account)).filter((each) => each.waiting).length;
}
