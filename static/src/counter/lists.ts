// The list of a class on this device: fetched while there is a network, read without one, gone when it is over.

import { Refused } from '../asking';
import { dropPack, keepPack, listPacks, unseal, type PackRow } from './kept';
import { askPack, type Pack } from './pack';

/** A list that is good now, and how far this device's clock is before the server's. */
export interface Carried {
  pack: Pack;
  aheadMs: number;
  expiresMs: number;
}

export type Missing = 'pack_missing' | 'pack_expired';

/** Fetches the list of a class and keeps it; a class that has none any more loses the one that was kept. */
export async function fetchList(account: string, classId: number): Promise<void> {
  try {
    const pack = await askPack(classId);
    const aheadMs = Date.now() - Date.parse(pack.made_at);
    await keepPack({ account, classId, expiresMs: Date.parse(pack.expires_at), aheadMs }, pack);
  } catch (error) {
    if (error instanceof Refused && [403, 404, 409, 410].includes(error.problem.status)) await dropPack(account, classId);
    throw error;
  }
}

/** Returns the list of a class, or why there is none to judge by. */
export async function findList(account: string, classId: number): Promise<Carried | Missing> {
  const row = (await listPacks(account)).find((each) => each.classId === classId);
  if (!row) return 'pack_missing';
  if (isOver(row)) {
    await dropPack(account, classId);
    return 'pack_expired';
  }
  const pack = await unseal<Pack>(row);
  return pack ? { pack, aheadMs: row.aheadMs, expiresMs: row.expiresMs } : 'pack_missing';
}

/** Returns number and name of every class whose list is here and good. */
export async function listClasses(account: string): Promise<{ id: number; name: string }[]> {
  const rows = (await listPacks(account)).filter((each) => !isOver(each));
  const packs = await Promise.all(rows.map((each) => unseal<Pack>(each)));
  return packs.flatMap((each) => (each ? [{ id: each.class_id, name: each.class_name }] : []));
}

const isOver = (row: PackRow): boolean => Date.now() - row.aheadMs >= row.expiresMs;
