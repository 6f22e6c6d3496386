// One code for one moment: the counter is on the disk before the code is on the screen.

import { readCredential } from '../codec/credential';
import { BEACON_SECONDS, encodePresentation, join, NO_BEACON, signedMessage, type Saying, type SignedKind } from '../codec/presentation';
import { sign } from './device';
import { findDevice, findNotes, takeNumber, type Held } from './store';

export interface Shown {
  text: string;
  shownAtMs: number; // by the server's clock
  hasBeacon: boolean;
}

/** Returns a fresh code of a voucher, signed by this device; `challenge` is the institution's, 0 without. */
export async function present(held: Held, kind: SignedKind, challenge = 0): Promise<Shown> {
  const [device, notes] = await Promise.all([findDevice(held.owner), findNotes(held.owner)]);
  const credential = readCredential(held.credential);
  if (!device || !notes || !credential) throw new Error('nothing to show a code with');
  const taken = await takeNumber(held.owner);
  const shownAtMs = taken.atMs - notes.aheadMs;
  const shownAt = Math.floor(shownAtMs / 1000);
  const quarter = Math.floor(shownAt / BEACON_SECONDS);
  const beacon = notes.beacons.find((each) => each.quarter <= quarter && quarter - each.quarter < NO_BEACON);
  const said: Saying = {
    kind,
    beaconAge: beacon ? quarter - beacon.quarter : NO_BEACON,
    pinEntered: false,
    challenged: challenge !== 0,
    shownAt,
    counter: taken.counter,
    challenge,
    subject: kind === 'S' ? credential.vid : held.credential,
  };
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', join(held.credential)));
  const signature = await sign(device.keys, join(signedMessage(said, digest, beacon?.bytes ?? new Uint8Array(16))));
  return { text: encodePresentation({ ...said, signature }), shownAtMs, hasBeacon: beacon !== undefined };
}
