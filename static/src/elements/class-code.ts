// <class-code>: the code on the screen of a classroom, new every few seconds. Without network it is taken away at
// the end of its time: an old code on a wall is worth nothing, and says so.

import { ask, Refused } from '../asking';
import { drawCode } from '../wallet/drawing';

const TICK_MS = 250;
const RETRY_MS = 2000;

interface Told {
  number: string;
  digits: string;
  until: string;
}

export class ClassCode extends HTMLElement {
  private aheadMs = 0;
  private until = 0;
  private timer = 0;
  private asking = false;
  private notBefore = 0;
  private lock: WakeLockSentinel | undefined;

  connectedCallback(): void {
    this.aheadMs = Date.now() - Number(this.dataset['now']);
    this.until = Number(this.dataset['until']);
    this.timer = window.setInterval(() => this.tick(), TICK_MS);
    document.addEventListener('visibilitychange', this.stayAwake);
    void this.stayAwake();
  }

  disconnectedCallback(): void {
    window.clearInterval(this.timer);
    document.removeEventListener('visibilitychange', this.stayAwake);
    void this.lock?.release();
  }

  private get now(): number {
    return Date.now() - this.aheadMs;
  }

  private tick(): void {
    const left = this.until - this.now;
    const seconds = this.querySelector('[data-left]');
    if (seconds) seconds.textContent = String(Math.max(0, Math.ceil(left / 1000)));
    if (left <= 0 && !this.asking && this.now >= this.notBefore) void this.renew();
  }

  private async renew(): Promise<void> {
    this.asking = true;
    try {
      const told = await ask<Told>(`/class-codes?session_id=${this.dataset['session']}`);
      this.until = Date.parse(told.until);
      this.querySelector('[data-picture]')?.replaceChildren(drawCode(told.digits));
      const digits = this.querySelector('[data-digits]');
      if (digits) digits.textContent = `${told.number.slice(0, 4)} ${told.number.slice(4)}`;
      this.darken(false);
    } catch (error) {
      this.notBefore = this.now + RETRY_MS;
      this.darken(true);
      if (error instanceof Refused) this.refuse(`${error.problem.title}。${error.problem.detail}`);
      else this.show('[data-offline]', true);
    } finally {
      this.asking = false;
    }
  }

  private darken(dark: boolean): void {
    this.show('.class-code', !dark);
    if (!dark) {
      this.show('[data-offline]', false);
      this.show('[data-refused]', false);
    }
  }

  private refuse(words: string): void {
    const said = this.querySelector('[data-refused]');
    if (said) said.textContent = words;
    this.show('[data-refused]', true);
    this.show('[data-offline]', false);
  }

  private show(selector: string, shown: boolean): void {
    const part = this.querySelector<HTMLElement>(selector);
    if (part) part.hidden = !shown;
  }

  private readonly stayAwake = async (): Promise<void> => {
    if (document.visibilityState !== 'visible') return;
    try {
      this.lock = await navigator.wakeLock?.request('screen');
    } catch {
      // the screen may darken
    }
  };
}
