// The scans of one account that were taken without network: on the disk before anybody is told, sent when there is a
// network again, as often as it takes; the server knows each by the number it was given here.

import { Refused } from '../asking';
import { dropScan, keepScan, listScans, unseal } from './kept';
import { sendScans, type Outcome } from './pack';

const BATCH = 50;

/** What is known of a scan; `digits` and `last4` are gone once the server has them. */
export interface Scan {
  clientId: string;
  classId: number;
  atMs: number; // by the server's clock
  vid: string;
  counter: number;
  digits: string;
  last4: string;
  maskedName: string;
  voucherNumber: string;
  outcome?: Outcome;
}

/** How sending ended: everything told, nothing more to be had now, signed out, or refused as a whole. */
export type Sending = { kind: 'done' | 'offline' | 'later' | 'signed_out' } | { kind: 'refused'; words: string };

export class Queue {
  scans: Scan[] = []; // the newest first
  private sending: Promise<Sending> | undefined;

  constructor(readonly account: string) {}

  /** Reads what is on the disk; what was confirmed while this page is open stays in sight. */
  async load(): Promise<void> {
    const rows = await listScans(this.account);
    const kept = (await Promise.all(rows.map((each) => unseal<Scan>(each)))).filter((each) => each !== undefined);
    const told = this.scans.filter((each) => each.outcome && !kept.some((other) => other.clientId === each.clientId));
    this.scans = [...kept, ...told].sort((one, other) => other.atMs - one.atMs);
  }

  get waiting(): Scan[] {
    return this.scans.filter((each) => !each.outcome);
  }

  /** Returns the scan of a voucher that waits or was confirmed. */
  findOf(vid: string): Scan | undefined {
    return this.scans.find((each) => each.vid === vid && (!each.outcome || each.outcome.outcome === 'confirmed'));
  }

  /** Keeps a scan; rejects where this device cannot keep it, and then nothing was registered. */
  async add(scan: Scan): Promise<void> {
    await this.keep(scan);
    this.scans.unshift(scan);
  }

  /** Takes a told scan out of sight. */
  async dismiss(clientId: string): Promise<void> {
    await dropScan(clientId);
    this.scans = this.scans.filter((each) => each.clientId !== clientId);
  }

  /** Sends everything that waits, the oldest first; two that ask at once are one sending. */
  send(told: () => void): Promise<Sending> {
    this.sending ??= this.sendAll(told).finally(() => (this.sending = undefined));
    return this.sending;
  }

  private async sendAll(told: () => void): Promise<Sending> {
    let refused = '';
    for (const classId of new Set(this.waiting.map((each) => each.classId))) {
      const mine = this.waiting.filter((each) => each.classId === classId).reverse();
      for (let start = 0; start < mine.length; start += BATCH) {
        try {
          await this.sendBatch(classId, mine.slice(start, start + BATCH));
        } catch (error) {
          if (!(error instanceof Refused)) return { kind: 'offline' };
          const { status, title, detail } = error.problem;
          if (status === 401) return { kind: 'signed_out' };
          if (status === 429 || status >= 500) return { kind: 'later' };
          refused = `${title}。${detail}`;
          break; // another class may fare better
        } finally {
          told();
        }
      }
    }
    return refused ? { kind: 'refused', words: refused } : { kind: 'done' };
  }

  private async sendBatch(classId: number, scans: Scan[]): Promise<void> {
    const { items } = await sendScans(
      classId,
      scans.map(({ clientId, digits, last4, atMs }) => ({
        client_id: clientId,
        digits,
        last4,
        scanned_at: new Date(atMs).toISOString(),
      })),
    );
    for (const scan of scans) {
      const outcome = items.find((each) => each.client_id === scan.clientId);
      if (outcome) await this.settle(scan, outcome);
    }
  }

  /** What was confirmed is the server's now; what needs a look stays until somebody has looked. */
  private async settle(scan: Scan, outcome: Outcome): Promise<void> {
    Object.assign(scan, { outcome, digits: '', last4: '' });
    if (outcome.outcome === 'confirmed') await dropScan(scan.clientId);
    else await this.keep(scan);
  }

  private async keep(scan: Scan): Promise<void> {
    const { clientId, classId, atMs } = scan;
    await keepScan({ clientId, account: this.account, classId, atMs, waiting: !scan.outcome }, scan);
  }
}
