// What a phone shows: S names the voucher, F carries its whole credential for a place without network.
// Both are signed by the device's key; the same bytes as voucher/rules/code_format/presentation.py.

import { decodeBase10, encodeBase10, withCheck, withoutCheck } from './base10';

export type SignedKind = 'S' | 'F';
export type Kind = 'T' | 'C' | SignedKind;

export const NO_BEACON = 15;
export const BEACON_SECONDS = 15 * 60;
export const SIGNATURE_BYTES = 64;
const HEAD_BYTES = 14;
const VID_BYTES = 8;
const TYPES: Record<SignedKind, number> = { S: 0x22, F: 0x21 };
const MARKS: Record<SignedKind, string> = { S: 'TV1S', F: 'TV1P' };
const SIGNED = '71';
const PIN_ENTERED = 0x10;
const CHALLENGED = 0x20;

/** What is said before it is signed; moments in unix seconds. */
export interface Saying {
  kind: SignedKind;
  beaconAge: number; // in quarters of an hour; 15 is none
  pinEntered: boolean;
  challenged: boolean;
  shownAt: number;
  counter: number;
  challenge: number; // 0 is none
  subject: Uint8Array; // the voucher's id for S, the whole credential for F
}

export interface Presentation extends Saying {
  signature: Uint8Array;
}

/** Returns the first 14 bytes: kind, flags, moment, counter, challenge. */
export function encodeHead(said: Saying): Uint8Array {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint8(0, TYPES[said.kind]);
  head.setUint8(1, said.beaconAge | (said.pinEntered ? PIN_ENTERED : 0) | (said.challenged ? CHALLENGED : 0));
  head.setUint32(2, said.shownAt);
  head.setUint32(6, said.counter);
  head.setUint32(10, said.challenge);
  return new Uint8Array(head.buffer);
}

/** Returns what the device's key signs; the beacon is sixteen zeros where there is none. */
export function signedMessage(said: Saying, credentialDigest: Uint8Array, beacon: Uint8Array): Uint8Array {
  return join(new TextEncoder().encode(MARKS[said.kind]), credentialDigest, encodeHead(said), beacon);
}

/** Returns the digits of a signed presentation. */
export function encodePresentation(shown: Presentation): string {
  return withCheck(SIGNED + encodeBase10(join(encodeHead(shown), shown.subject, shown.signature)));
}

/** Returns what digits say, or undefined for anything that is not a presentation; the signature is not looked at. */
export function parsePresentation(text: string): Presentation | undefined {
  const digits = fold(text);
  const body = digits.startsWith(SIGNED) ? withoutCheck(digits) : undefined;
  const bytes = body === undefined ? undefined : decodeBase10(body.slice(SIGNED.length));
  if (!bytes || bytes.length < HEAD_BYTES + VID_BYTES + SIGNATURE_BYTES) return undefined;
  const kind = bytes[0] === TYPES.S ? 'S' : bytes[0] === TYPES.F ? 'F' : undefined;
  const flags = bytes[1]!;
  if (!kind || flags >= 0x40 || (kind === 'S' && bytes.length !== HEAD_BYTES + VID_BYTES + SIGNATURE_BYTES)) return undefined;
  const head = new DataView(bytes.buffer, 0, HEAD_BYTES);
  // one meaning, one spelling: a number exactly where something was asked, and no beacon from before time
  const answers = (flags & CHALLENGED) !== 0 === (head.getUint32(10) !== 0);
  const age = flags & 0x0f;
  if (!answers || (age !== NO_BEACON && head.getUint32(2) < age * BEACON_SECONDS)) return undefined;
  return {
    kind,
    beaconAge: age,
    pinEntered: (flags & PIN_ENTERED) !== 0,
    challenged: (flags & CHALLENGED) !== 0,
    shownAt: head.getUint32(2),
    counter: head.getUint32(6),
    challenge: head.getUint32(10),
    subject: bytes.slice(HEAD_BYTES, -SIGNATURE_BYTES),
    signature: bytes.slice(-SIGNATURE_BYTES),
  };
}

/** Returns which kind of code digits are, their check digits fitting; undefined for anything else. */
export function kindOf(text: string): Kind | undefined {
  const digits = fold(text);
  if (/^72[0-9]{20}$/.test(digits) && withoutCheck(digits)) return 'T';
  if (/^73[0-9]{32}$/.test(digits) && withoutCheck(digits)) return 'C';
  return parsePresentation(digits)?.kind;
}

/** Returns digits as they are written by hand or by a Chinese keyboard, without widths, spaces and hyphens. */
export function fold(text: string): string {
  return text
    .replace(/[０-９]/g, (digit) => String(digit.charCodeAt(0) - 0xff10))
    .replace(/[ \t\r\n\u00a0\u3000\-‐‑–—－]/g, '');
}

export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Returns the number of an institution's challenge, or undefined for digits that are none. */
export function parseChallenge(text: string): number | undefined {
  const digits = fold(text);
  const body = /^73[0-9]{32}$/.test(digits) ? withoutCheck(digits) : undefined;
  const bytes = body === undefined ? undefined : decodeBase10(body.slice(2));
  // a question has an institution and a number
  const [institution, number] = bytes ? [0, 4].map((at) => new DataView(bytes.buffer).getUint32(at)) : [];
  return institution && number ? number : undefined;
}
