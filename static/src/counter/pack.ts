// What a counter takes along for the time without network: the list of one class, whom to believe, beacons.

import { ask } from '../asking';

export interface Issuer {
  kid: string;
  public_key: string;
  not_before: number; // unix seconds
  not_after: number | null; // null is open
}

/** A line of the roster that can be scanned without network: a voucher in a phone. */
export interface Placed {
  vid: string;
  voucher_number: string;
  masked_name: string;
  redeemed_at: string | null;
  status_list: number;
  status_place: number;
  status: number;
  last_counter: number | null;
}

/** A line of a voucher on paper. */
interface Paper {
  vid: null;
  voucher_number: string;
  masked_name: string;
}

export interface Limits {
  before_seconds: number;
  after_seconds: number;
  far_seconds: number;
  fresh_list_hours: number;
  usable_list_hours: number;
  fresh_beacon_quarters: number;
}

export interface Pack {
  class_id: number;
  class_name: string;
  starts_on: string; // days in Shanghai
  ends_on: string;
  institution: number;
  made_at: string;
  expires_at: string;
  issuers: Issuer[];
  beacon_keys: Record<string, string>;
  roster: (Placed | Paper)[];
  limits: Limits;
}

/** How one scan ended at the server. */
export interface Outcome {
  client_id: string;
  outcome: 'confirmed' | 'conflict' | 'refused';
  code: string | null;
  title: string | null;
  next_step: string | null;
  masked_name: string | null;
  voucher_number: string | null;
}

export interface Sent {
  client_id: string;
  digits: string;
  last4: string;
  scanned_at: string;
}

export const askPack = (classId: number): Promise<Pack> => ask(`/classes/${classId}/offline-pack`);
export const sendScans = (class_id: number, scans: Sent[]): Promise<{ items: Outcome[] }> =>
  ask('/offline-scans', { class_id, scans });
