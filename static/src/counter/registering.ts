// One code at a counter without network: judged by the list of the class, the card asked blindly, then on the disk.

import { clockOf, dayOf, drawResult, makeQuestion, type Said } from './drawing';
import { judge, lastFourOf, type Judged } from './judging';
import { findList, type Carried } from './lists';
import { JUDGING } from '../marks';
import type { Queue, Scan } from './queue';
import { sentenceOf } from './sentences';

const SHORTEST_CODE = 18; // digits; nobody's last four are as long

/** The code whose holder's card is asked for now. */
interface Hand {
  digits: string;
  judged: Required<Judged>;
  carried: Carried;
}

export class Registering {
  private hand: Hand | undefined;
  private open = 0; // codes being judged or kept
  private turn = 0; // the next scan replaces the one before, however long that takes to judge

  constructor(
    private readonly queue: Queue,
    private readonly classId: number,
    private readonly changed: () => void,
  ) {}

  /** Tells whether somebody is being asked for a card. */
  get busy(): boolean {
    return this.hand !== undefined && document.querySelector('#scan-board [aria-labelledby="holder"]') !== null;
  }

  /** Takes a code; `last4` stands where the card was seen already. */
  take(digits: string, last4 = ''): Promise<void> {
    return this.judging(() => this.judgeOne(digits, last4));
  }

  /** Lets no waiting code in before this one has its answer: what came of it would be seen by nobody. */
  private async judging(work: () => Promise<void>): Promise<void> {
    this.open += 1;
    document.documentElement.toggleAttribute(JUDGING, true);
    try {
      await work();
    } catch {
      refuse('unjudged');
    } finally {
      this.open -= 1;
      document.documentElement.toggleAttribute(JUDGING, this.open > 0);
    }
  }

  private async judgeOne(digits: string, last4: string): Promise<void> {
    const turn = (this.turn += 1);
    this.hand = undefined;
    const carried = await findList(this.queue.account, this.classId).catch(() => 'pack_missing' as const);
    if (turn !== this.turn) return;
    if (typeof carried === 'string') return refuse(carried);
    const atMs = Date.now() - carried.aheadMs;
    const today = dayOf(atMs);
    if (today < carried.pack.starts_on) return refuse('class_not_started');
    if (today > carried.pack.ends_on) return refuse('class_over');
    const judged = judge(digits, carried.pack, atMs);
    const { credential, entry, counter, kind } = judged;
    if (!credential || !entry || counter === undefined || !kind) {
      // sent to the server once, and no answer heard: nobody here can say what came of it
      return refuse(last4 && judged.code === 'code_kind_wrong' ? 'answer_unknown' : judged.code);
    }
    const before = this.queue.findOf(entry.vid);
    if (before && counter < before.counter) return refuse('counter_went_back');
    if (before) {
      return drawResult({
        tone: 'warn',
        word: `已离线登记（${clockOf(before.atMs)}）`,
        lines: [`${entry.masked_name} · ${entry.voucher_number}`, before.outcome ? '已由服务器确认，不用再扫。' : '待联网确认，不用再扫。'],
      });
    }
    if (entry.redeemed_at) {
      return drawResult({
        tone: 'warn',
        word: `已核销（${clockOf(Date.parse(entry.redeemed_at))}）`,
        lines: [`${entry.masked_name} · ${entry.voucher_number}`, '这张券在本班已经核销过，不用再登记。'],
      });
    }
    this.hand = { digits, judged: { code: judged.code, kind, credential, counter, entry }, carried };
    if (last4) await this.answer(last4);
    else this.ask({ tone: 'warn', word: '可以离线登记', lines: ['看学员的身份证，输入后四位。'] });
  }

  private ask(said: Said): void {
    const { hand } = this;
    if (!hand) return;
    const { entry, code } = hand.judged;
    const lines = [`${entry.masked_name} · ${entry.voucher_number}`, ...said.lines];
    if (code) lines.push(`${sentenceOf(code).title}：${sentenceOf(code).next}`);
    drawResult({ ...said, lines }, makeQuestion((typed) => void this.judging(() => this.answer(typed))));
  }

  private async answer(typed: string): Promise<void> {
    // a gun does not look where it writes: this is the next code
    if (typed.replace(/\D/g, '').length >= SHORTEST_CODE) return this.judgeOne(typed, '');
    const { hand } = this;
    if (!hand) return;
    const { title, next } = sentenceOf('identity_differs');
    const last4 = typed.normalize('NFKC').replace(/\s/g, '').toUpperCase();
    if (last4 !== lastFourOf(hand.judged.credential)) return this.ask({ tone: 'warn', word: title, lines: [next] });
    this.hand = undefined;
    const { entry, counter } = hand.judged;
    const scan: Scan = {
      clientId: crypto.randomUUID(),
      classId: this.classId,
      atMs: Date.now() - hand.carried.aheadMs,
      vid: entry.vid,
      counter,
      digits: hand.digits,
      last4,
      maskedName: entry.masked_name,
      voucherNumber: entry.voucher_number,
    };
    try {
      await this.queue.add(scan);
    } catch {
      return refuse('storage_full');
    }
    drawResult({ tone: 'warn', word: '离线登记', lines: [`${entry.masked_name} · ${entry.voucher_number}`, '待联网确认。请扫下一位。'] });
    this.changed();
  }
}

/** Draws why a code is not registered. */
export function refuse(code: string): void {
  const { title, next } = sentenceOf(code);
  drawResult({ tone: code === 'answer_unknown' ? 'warn' : 'bad', word: title, lines: [next] });
}
