// What a phone keeps: the key of this device with its counter, and what is needed to show one's vouchers with
// the network off. The key outlives signing out, since its counter must never begin again; all else does not.

const NAME = 'voucher-wallet';
const DEVICES = 'devices';
const VOUCHERS = 'vouchers';
const NOTES = 'notes';

/** The key of this device for one person; it cannot be taken out of the browser. */
export interface Device {
  owner: string;
  keys: CryptoKeyPair;
  publicKey: Uint8Array;
  deviceId: number | undefined; // none before the server knows it
  counter: number;
}

/** One voucher that can be shown here. */
export interface Held {
  voucherId: number;
  owner: string;
  credential: Uint8Array;
}

export interface Beacon {
  quarter: number; // since 1970, in quarters of an hour
  bytes: Uint8Array;
}

/** What the server said last, by whose clock it said it, and for whom. */
export interface Notes {
  owner: string;
  aheadMs: number; // how far this device's clock is before the server's
  beacons: Beacon[];
  syncedAt: number; // by the server's clock
}

let opened: Promise<IDBDatabase> | undefined;

function open(): Promise<IDBDatabase> {
  return (opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(DEVICES, { keyPath: 'owner' });
      asked.result.createObjectStore(VOUCHERS, { keyPath: 'voucherId' });
      asked.result.createObjectStore(NOTES, { keyPath: 'owner' });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
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

function read<Row>(name: string, key: IDBValidKey): Promise<Row | undefined> {
  return run<Row>([name], 'readonly', (store, give) => {
    const asked = store(name).get(key);
    asked.onsuccess = () => give(asked.result as Row);
  });
}

export const findDevice = (owner: string): Promise<Device | undefined> => read(DEVICES, owner);
export const findNotes = (owner: string): Promise<Notes | undefined> => read(NOTES, owner);

/** Returns a voucher that can be shown here, only to whom it belongs. */
export async function findHeld(owner: string, voucherId: number): Promise<Held | undefined> {
  const held = await read<Held>(VOUCHERS, voucherId);
  return held?.owner === owner ? held : undefined;
}

/** Keeps a device, unless there is one already: of two pages that make one at once, one stays. */
export async function keepDevice(made: Device): Promise<Device> {
  const kept = await run<Device>([DEVICES], 'readwrite', (store, give) => {
    const asked = store(DEVICES).get(made.owner);
    asked.onsuccess = () => {
      const there = asked.result as Device | undefined;
      if (!there) store(DEVICES).put(made);
      give(there ?? made);
    };
  });
  return kept ?? made;
}

/** Writes down the number the server knows this device by. */
export async function nameDevice(owner: string, deviceId: number): Promise<void> {
  await run([DEVICES], 'readwrite', (store) => {
    const asked = store(DEVICES).get(owner);
    asked.onsuccess = () => store(DEVICES).put({ ...(asked.result as Device), deviceId });
  });
}

/** Forgets a key the server no longer takes, so that another can be made. */
export async function dropDevice(owner: string): Promise<void> {
  await run([DEVICES, VOUCHERS], 'readwrite', (store) => {
    store(DEVICES).delete(owner);
    store(VOUCHERS).clear();
  });
}

/** A number of the counter, and when it was taken by this device's clock. */
export interface Taken {
  counter: number;
  atMs: number;
}

/**
 * Takes the next number of the counter; it is on the disk before anybody may show it. The clock is read with it, so
 * that of two pages that show codes at once the higher number never says the earlier moment.
 */
export async function takeNumber(owner: string): Promise<Taken> {
  const taken = await run<Taken>([DEVICES], 'readwrite', (store, give) => {
    const asked = store(DEVICES).get(owner);
    asked.onsuccess = () => {
      const device = asked.result as Device | undefined;
      if (!device) return;
      const counter = device.counter + 1;
      store(DEVICES).put({ ...device, counter });
      give({ counter, atMs: Date.now() });
    };
  });
  if (taken === undefined) throw new Error('this device has no key');
  return taken;
}

let leaving = false;

/** Replaces everything kept for a person by what the server said now; whatever was another's is gone. */
export async function keepAll(notes: Notes, held: Held[]): Promise<void> {
  // an answer that comes while its holder signs out is not kept for whoever comes next
  if (leaving) return;
  await run([VOUCHERS, NOTES], 'readwrite', (store) => {
    store(VOUCHERS).clear();
    store(NOTES).clear();
    store(NOTES).put(notes);
    for (const each of held) store(VOUCHERS).put(each);
  });
}

/** Returns whether the holder is signing out on this page. */
export function isLeaving(): boolean {
  return leaving;
}

/** Forgets everything and keeps nothing more on this page: its holder is signing out. */
export async function leaveNothing(): Promise<void> {
  leaving = true;
  await forgetAll();
}

/** Forgets what belongs to a person: vouchers, names, moments. Keys and counters stay, and tell nothing. */
export async function forgetAll(): Promise<void> {
  await run([VOUCHERS, NOTES], 'readwrite', (store) => {
    store(VOUCHERS).clear();
    store(NOTES).clear();
  });
}
