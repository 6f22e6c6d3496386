// Fetching what must be at hand when the network is gone: credentials, the beacon, the server's clock.

import { Refused } from '../asking';
import { bind } from './device';
import { dropDevice, findDevice, findNotes, forgetAll, keepAll, type Beacon } from './store';
import { askCredentials, toBytes, type Credentials } from './wire';

const BEACONS_KEPT = 2;

/** How this phone stands with the server. */
export type Standing =
  | { kind: 'good' }
  | { kind: 'offline' }
  | { kind: 'unbound' }
  | { kind: 'signed_out' }
  | { kind: 'elsewhere'; label: string }
  | { kind: 'ended'; why: string }
  | { kind: 'refused'; title: string; detail: string };

/** Brings everything that is kept up to date; binds this device first where that is wished. */
export async function synchronise(
  owner: string,
  wish: { bind?: boolean; replaces?: boolean } = {},
): Promise<Standing> {
  try {
    let deviceId = (await findDevice(owner))?.deviceId;
    if (deviceId === undefined) {
      if (!wish.bind) return { kind: 'unbound' };
      const bound = await bind(owner, wish.replaces ?? false);
      if (!bound) return { kind: 'signed_out' };
      if ('elsewhere' in bound) return { kind: 'elsewhere', label: bound.elsewhere };
      deviceId = bound.deviceId;
    }
    await keep(owner, await askCredentials(deviceId));
    return { kind: 'good' };
  } catch (error) {
    return judge(owner, error);
  }
}

/** Begins on this device: with the key it has where that is still taken, with a new one otherwise. */
export async function beginAgain(owner: string): Promise<Standing> {
  if ((await findDevice(owner))?.deviceId !== undefined) await dropDevice(owner);
  return synchronise(owner, { bind: true, replaces: true });
}

async function keep(owner: string, told: Credentials): Promise<void> {
  const before = (await findNotes(owner))?.beacons ?? [];
  const beacon: Beacon = { quarter: told.slot, bytes: toBytes(told.beacon) };
  const beacons = [beacon, ...before.filter((each) => each.quarter !== told.slot)].slice(0, BEACONS_KEPT);
  await keepAll(
    { owner, aheadMs: Date.now() - told.now * 1000, beacons, syncedAt: told.now },
    told.items.map((each) => ({ voucherId: each.voucher_id, owner, credential: toBytes(each.credential) })),
  );
}

async function judge(owner: string, error: unknown): Promise<Standing> {
  if (!(error instanceof Refused)) return { kind: 'offline' };
  const { status, code, title, detail, facts } = error.problem;
  if (status === 401) return { kind: 'signed_out' };
  if (code === 'device_ended') {
    await forgetAll();
    return { kind: 'ended', why: String(facts['why'] ?? '') };
  }
  if (code === 'devices_too_many') return { kind: 'elsewhere', label: String(facts['label'] ?? '') };
  // the server never heard of this key, or has it under another person: another one is made next time
  if (code === 'device_missing' || code === 'device_key_taken') await dropDevice(owner);
  return { kind: 'refused', title, detail };
}
