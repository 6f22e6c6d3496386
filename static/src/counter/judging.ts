// An F code judged at a counter without network: the twin of voucher/ledger/credentials/offline.py, asked the same
// questions by tests/rules/code_format/test_browser_judge.py. The first failure wins.

import { p256 } from '@noble/curves/nist.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { decodeBase10, withoutCheck } from '../codec/base10';
import { FIXED_BYTES, readCredential, type Credential } from '../codec/credential';
import { BEACON_SECONDS, fold, join, kindOf, NO_BEACON, parsePresentation, SIGNATURE_BYTES, signedMessage, type Kind, type Presentation } from '../codec/presentation';
import type { Issuer, Limits, Pack, Placed } from './pack';

const LONGEST = 1024;
const ES256 = 1;
const ED25519 = 2;
const SM2 = 3;
const STATUS_PLACES = 1 << 20;
const NAME_BYTES = 27;
const LAST_FOUR_MOST = 999 * 11 + 10;
const BEACON_BYTES = 16;
const DAY_SECONDS = 86_400;
const HOUR_MS = 3_600_000;
const FROZEN = 2;

/** What a code comes to: `code` says why it is refused, or what to mind where `entry` stands. */
export interface Judged {
  code: string;
  kind?: Kind;
  credential?: Credential;
  counter?: number;
  entry?: Placed;
}

class Failed extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** Returns what may be said of a code at a moment (milliseconds by the server's clock); it throws nothing. */
export function judge(text: string, pack: Pack, atMs: number): Judged {
  try {
    return judgeWhole(text, pack, atMs);
  } catch (error) {
    if (error instanceof Failed) return { code: error.code, ...kindIn(text) };
    throw error;
  }
}

/** Returns which kind a text is by its check digits and how it begins, whatever follows. */
export function roughKind(text: string): Kind | undefined {
  const digits = fold(text);
  const body = text.length > LONGEST ? undefined : withoutCheck(digits);
  if (body === undefined || !/^[0-9]{4,}$/.test(digits)) return undefined;
  if (digits.startsWith('72')) return kindOf(digits);
  if (digits.startsWith('73')) return 'C';
  const first = digits.startsWith('71') ? decodeBase10(body.slice(2, 19))?.[0] : undefined;
  return first === 0x22 ? 'S' : first === 0x21 ? 'F' : undefined;
}

function kindIn(text: string): { kind?: Kind } {
  const kind = roughKind(text);
  return kind ? { kind } : {};
}

function judgeWhole(text: string, pack: Pack, atMs: number): Judged {
  const kind = roughKind(text);
  if (kind === undefined) throw new Failed('code_malformed');
  if (kind !== 'F') throw new Failed('code_kind_wrong');
  const shown = parsePresentation(text);
  const credential = shown && parseWhole(shown.subject);
  if (!shown || !credential) throw new Failed('code_malformed');
  checkIssuer(shown.subject, credential, pack.issuers, atMs);
  if (atMs < credential.notBefore * 1000) throw new Failed('credential_not_yet');
  if (atMs >= credential.expires * 1000) throw new Failed('credential_expired');
  if (!pack.institution || credential.institution !== pack.institution) throw new Failed('credential_elsewhere');
  if (!credential.offlineAllowed) throw new Failed('offline_forbidden');
  const entry = checkRoster(credential, pack, atMs);
  checkHolder(shown, credential, pack);
  if (shown.challenged) throw new Failed('challenge_gone');
  checkWindow(shown.shownAt, atMs, pack.limits);
  if (entry.last_counter !== null && shown.counter <= entry.last_counter) {
    throw new Failed(shown.counter === entry.last_counter ? 'code_used' : 'counter_went_back');
  }
  return { code: mind(shown, pack, atMs), kind, credential, counter: shown.counter, entry };
}

/** Returns a credential that is written as it has to be, its holder's key being one. */
function parseWhole(bytes: Uint8Array): Credential | undefined {
  const read = readCredential(bytes);
  const name = bytes.subarray(FIXED_BYTES, -SIGNATURE_BYTES);
  if (!read || ![ES256, ED25519, SM2].includes(read.algorithm) || name.length > NAME_BYTES) return undefined;
  const within =
    read.statusPlace < STATUS_PLACES &&
    read.notBefore < read.expires &&
    /^[1-9][0-9]{5}$/.test(String(read.region)) &&
    read.flags < 8 &&
    read.lastFour <= LAST_FOUR_MOST;
  return within && isPoint(read.holderKey) && isName(name) ? read : undefined;
}

function isPoint(key: Uint8Array): boolean {
  try {
    p256.Point.fromBytes(key);
    return key.length === 33;
  } catch {
    return false;
  }
}

function isName(bytes: Uint8Array): boolean {
  try {
    return !/[\u0000-\u001f\u007f-\u009f]/.test(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return false;
  }
}

function checkIssuer(bytes: Uint8Array, credential: Credential, issuers: Issuer[], atMs: number): void {
  const named = issuers.filter((each) => each.kid === toHex(credential.kid));
  if (credential.algorithm !== ES256 || !named.length) {
    throw new Failed(credential.algorithm === SM2 ? 'credential_algorithm' : 'credential_key_unknown');
  }
  const current = named.filter((each) => each.not_before * 1000 <= atMs && (each.not_after === null || atMs < each.not_after * 1000));
  if (!current.length) throw new Failed('credential_key_withdrawn');
  const message = join(new TextEncoder().encode('TV1C'), bytes.subarray(0, -SIGNATURE_BYTES));
  const signature = bytes.slice(-SIGNATURE_BYTES);
  if (!current.some((each) => verifies(signature, message, fromHex(each.public_key)))) throw new Failed('credential_forged');
}

/** A list too old says nothing; then whether the voucher is in the class, as this very credential, and good. */
function checkRoster(credential: Credential, pack: Pack, atMs: number): Placed {
  if (atMs - Date.parse(pack.made_at) > pack.limits.usable_list_hours * HOUR_MS) throw new Failed('status_unknown');
  const vid = toHex(credential.vid);
  const entry = pack.roster.find((each): each is Placed => each.vid === vid);
  if (!entry) throw new Failed('not_on_roster');
  const same = entry.status_list === credential.statusList && entry.status_place === credential.statusPlace;
  if (same && entry.status === FROZEN) throw new Failed('credential_frozen');
  if (!same || entry.status !== 0) throw new Failed('credential_superseded');
  return entry;
}

function checkHolder(shown: Presentation, credential: Credential, pack: Pack): void {
  const beacon = shown.beaconAge === NO_BEACON ? new Uint8Array(BEACON_BYTES) : findBeacon(shown, pack);
  if (!beacon) throw new Failed('beacon_unknown');
  const message = signedMessage(shown, sha256(shown.subject), beacon);
  if (!verifies(shown.signature, message, credential.holderKey)) throw new Failed('code_forged');
}

function findBeacon(shown: Presentation, pack: Pack): Uint8Array | undefined {
  const quarter = Math.floor(shown.shownAt / BEACON_SECONDS) - shown.beaconAge;
  const day = new Date(Math.floor((quarter * BEACON_SECONDS) / DAY_SECONDS) * DAY_SECONDS * 1000);
  const key = pack.beacon_keys[day.toISOString().slice(0, 10)];
  if (!key) return undefined;
  const said = new DataView(new ArrayBuffer(8));
  said.setBigUint64(0, BigInt(quarter));
  const message = join(new TextEncoder().encode('TV1B'), new Uint8Array(said.buffer));
  return hmac(sha256, fromHex(key), message).subarray(0, BEACON_BYTES);
}

/** Both edges are inside; a phone ahead of time is a phone with a wrong clock. */
function checkWindow(shownAt: number, atMs: number, limits: Limits): void {
  const ageMs = atMs - shownAt * 1000;
  if (ageMs > limits.far_seconds * 1000 || ageMs < -limits.after_seconds * 1000) throw new Failed('phone_clock_wrong');
  if (ageMs > limits.before_seconds * 1000) throw new Failed('code_expired');
}

/** Returns what asks for a second look at the card: old knowledge, or a phone that was long without network. */
function mind(shown: Presentation, pack: Pack, atMs: number): string {
  if (atMs - Date.parse(pack.made_at) > pack.limits.fresh_list_hours * HOUR_MS) return 'status_old';
  return shown.beaconAge > pack.limits.fresh_beacon_quarters ? 'beacon_old' : '';
}

function verifies(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    return p256.verify(signature, message, key, { lowS: false, prehash: true, format: 'compact' });
  } catch {
    return false; // a number out of range, a key that is none
  }
}

/** Returns the last four of the number a credential was made for; no screen ever shows them. */
export function lastFourOf(credential: Credential): string {
  const check = credential.lastFour % 11;
  return `${String(Math.floor(credential.lastFour / 11)).padStart(3, '0')}${check === 10 ? 'X' : check}`;
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
