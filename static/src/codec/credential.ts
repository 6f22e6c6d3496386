// What the issuer signed for this device, read for its holder's screen; voucher/rules/code_format/credential.py
// is the judge of what is valid.

import { SIGNATURE_BYTES } from './presentation';

const FIXED_BYTES = 78;

export interface Credential {
  vid: Uint8Array;
  notBefore: number; // unix seconds
  expires: number; // unix seconds
  amountFen: number;
  institution: number; // 0 is not reserved yet
  offlineAllowed: boolean;
  holderKey: Uint8Array; // SEC1, compressed
  maskedName: string;
}

/** Returns what a credential says, or undefined for bytes that are none. */
export function readCredential(bytes: Uint8Array): Credential | undefined {
  const named = bytes[FIXED_BYTES - 1];
  if (named === undefined || bytes.length !== FIXED_BYTES + named + SIGNATURE_BYTES || bytes[0]! >> 4 !== 1) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    vid: bytes.slice(5, 13),
    notBefore: view.getUint32(18),
    expires: view.getUint32(22),
    amountFen: view.getUint32(33),
    institution: view.getUint32(37),
    offlineAllowed: (bytes[41]! & 1) === 1,
    holderKey: bytes.slice(44, 77),
    maskedName: new TextDecoder().decode(bytes.subarray(FIXED_BYTES, FIXED_BYTES + named)),
  };
}
