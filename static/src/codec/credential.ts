// What the issuer signed for one device, as a screen reads it; counter/judging.ts asks in addition whether it is
// written as voucher/rules/code_format/credential.py demands.

import { SIGNATURE_BYTES } from './presentation';

export const FIXED_BYTES = 78;

export interface Credential {
  algorithm: number; // 1 is ES256
  kid: Uint8Array;
  vid: Uint8Array;
  statusList: number;
  statusPlace: number;
  notBefore: number; // unix seconds
  expires: number; // unix seconds
  region: number;
  amountFen: number;
  institution: number; // 0 is not reserved yet
  flags: number;
  offlineAllowed: boolean;
  lastFour: number; // three digits times eleven, and the check digit, X being ten
  holderKey: Uint8Array; // SEC1, compressed
  maskedName: string;
}

/** Returns what a credential says, or undefined for bytes that are none. */
export function readCredential(bytes: Uint8Array): Credential | undefined {
  const named = bytes[FIXED_BYTES - 1];
  if (named === undefined || bytes.length !== FIXED_BYTES + named + SIGNATURE_BYTES || bytes[0]! >> 4 !== 1) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    algorithm: bytes[0]! & 15,
    kid: bytes.slice(1, 5),
    vid: bytes.slice(5, 13),
    statusList: view.getUint16(13),
    statusPlace: (view.getUint8(15) << 16) | view.getUint16(16),
    notBefore: view.getUint32(18),
    expires: view.getUint32(22),
    region: (view.getUint8(26) << 16) | view.getUint16(27),
    amountFen: view.getUint32(33),
    institution: view.getUint32(37),
    flags: bytes[41]!,
    offlineAllowed: (bytes[41]! & 1) === 1,
    lastFour: view.getUint16(42),
    holderKey: bytes.slice(44, 77),
    maskedName: new TextDecoder().decode(bytes.subarray(FIXED_BYTES, FIXED_BYTES + named)),
  };
}
