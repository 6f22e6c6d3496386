// What a phone says to the server, and what it hears. A refusal is heard as its problem details.

import { freshKey } from '../keys';

export interface Problem {
  status: number;
  code: string;
  title: string;
  detail: string;
  facts: Record<string, unknown>;
}

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

interface Moment {
  now: number; // unix seconds
  slot: number; // the quarter of an hour the beacon is of
  beacon: string;
}

export interface Beacons extends Moment {
  holder_id: number;
}

export interface DeviceState {
  id: number;
  label: string;
  public_key: string;
  state: 'live' | 'lost' | 'replaced' | 'frozen';
}

export interface Credentials extends Moment {
  items: { voucher_id: number; credential: string }[];
}

export const toText = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

export const toBytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (each) => each.charCodeAt(0));

/** Asks the server; throws Refused for a refusal and TypeError where there is no network. */
async function ask<Answer>(path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  const asked: RequestInit = { headers, cache: 'no-store', signal: AbortSignal.timeout?.(10_000) ?? null };
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    headers['Idempotency-Key'] = freshKey();
    headers['X-CSRFToken'] = document.querySelector<HTMLInputElement>('input[name="csrf_token"]')?.value ?? '';
    asked.method = 'POST';
    asked.body = JSON.stringify(body);
  }
  const answer = await fetch(`/api/v1${path}`, asked);
  const told: unknown = await answer.json();
  if (answer.ok) return told as Answer;
  const { code = '', title = '', detail = '', facts = {} } = told as Partial<Problem>;
  throw new Refused({ status: answer.status, code, title, detail, facts });
}

export const askBeacons = (): Promise<Beacons> => ask('/beacons');
export const askDevices = (): Promise<{ items: DeviceState[] }> => ask('/devices');
export const askCredentials = (device_id: number): Promise<Credentials> => ask('/credentials', { device_id });
export const bindDevice = (made: {
  public_key: string;
  proof: string;
  label: string;
  replaces: boolean;
}): Promise<DeviceState> => ask('/devices', made);
