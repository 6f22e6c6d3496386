// What a phone says to the server, and what it hears.

import { ask } from '../asking';

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

export const askBeacons = (): Promise<Beacons> => ask('/beacons');
export const askDevices = (): Promise<{ items: DeviceState[] }> => ask('/devices');
export const askCredentials = (device_id: number): Promise<Credentials> => ask('/credentials', { device_id });
export const bindDevice = (made: {
  public_key: string;
  proof: string;
  label: string;
  replaces: boolean;
}): Promise<DeviceState> => ask('/devices', made);
