// The key of this device: made here, never taken out, bound to its holder by the server.

import { join } from '../codec/presentation';
import { dropDevice, findDevice, keepDevice, nameDevice, type Device } from './store';
import { askBeacons, askDevices, bindDevice, toBytes, toText } from './wire';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' };
const LABEL_LENGTH = 60;

/** Tells whether this browser can keep a key: HTTPS, WebCrypto, a database. */
export const canKeepKey = (): boolean =>
  window.isSecureContext && 'indexedDB' in window && typeof crypto.subtle === 'object';

/** Returns 64 bytes, r and s. */
export async function sign(keys: CryptoKeyPair, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(SIGNING, keys.privateKey, message));
}

async function makeDevice(owner: string): Promise<Device> {
  const keys = await crypto.subtle.generateKey(CURVE, false, ['sign', 'verify']);
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', keys.publicKey));
  // SEC1: 04 x y becomes 02 or 03, as y is even or odd, and x
  const publicKey = join(Uint8Array.of(2 + (point[64]! & 1)), point.subarray(1, 33));
  return keepDevice({ owner, keys, publicKey, deviceId: undefined, counter: 0 });
}

/** What came of looking for this device's place: it is bound, or another one is. */
export type Bound = { device: Device; deviceId: number } | { elsewhere: string };

/** Returns this device bound to its holder; where another one is, only when it is to be replaced. */
export async function bind(owner: string, replaces: boolean): Promise<Bound | undefined> {
  const kept = await findDevice(owner);
  if (kept?.deviceId !== undefined) return { device: kept, deviceId: kept.deviceId };
  const { items } = await askDevices();
  const device = kept ?? (await makeDevice(owner));
  const mine = toText(device.publicKey);
  const other = items.find((each) => each.state === 'live' && each.public_key !== mine);
  if (other && !replaces) return { elsewhere: other.label };
  // a key that was ended is never taken again
  if (items.some((each) => each.state !== 'live' && each.public_key === mine)) {
    await dropDevice(owner);
    return bind(owner, replaces);
  }
  const told = await askBeacons();
  if (String(told.holder_id) !== owner) return undefined; // somebody else is signed in by now
  const holder = new DataView(new ArrayBuffer(8));
  holder.setBigUint64(0, BigInt(told.holder_id));
  const proven = join(
    new TextEncoder().encode('TV1D'),
    toBytes(told.beacon),
    new Uint8Array(holder.buffer),
    device.publicKey,
  );
  const proof = await sign(device.keys, proven);
  const { id } = await bindDevice({
    public_key: mine,
    proof: toText(proof),
    label: describeDevice(navigator.userAgent),
    replaces: other !== undefined,
  });
  await nameDevice(owner, id);
  return { device, deviceId: id };
}

/** Returns a name the holder knows this device by. */
export function describeDevice(agent: string): string {
  const model = /Android [\d.]+; ([^;)]+)/.exec(agent)?.[1]?.replace(/ Build\/.*/, '');
  const kind = model
    ? `安卓手机 ${model}`
    : /iPhone/.test(agent)
      ? '苹果手机'
      : /iPad/.test(agent)
        ? '苹果平板'
        : /Android/.test(agent)
          ? '安卓手机'
          : '电脑浏览器';
  const inside = /MicroMessenger/.test(agent) ? '（微信）' : /AlipayClient/.test(agent) ? '（支付宝）' : '';
  return `${kind}${inside}`.slice(0, LABEL_LENGTH);
}
