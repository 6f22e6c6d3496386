// <code-screen>: a code that renews itself and turns green when it has been used. Static markup comes from the
// macro code_screen; without scripts its form renews the code by a click.

import { freshKey } from '../keys';

const POLL_MS = 2000;
const TICK_MS = 200;
const RENEW_AHEAD_MS = 1000;

interface Told {
  state: string;
  redeemed_at: string | null;
  institution: string | null;
}

export class CodeScreen extends HTMLElement {
  private timers: number[] = [];
  private lock: WakeLockSentinel | undefined;
  private ahead = 0; // how far this device's clock is before the server's
  private until = 0;
  private span = 1;
  private renewing = false;
  private done = false;

  connectedCallback(): void {
    this.read();
    if (this.find('[data-redeemed]')?.hidden === false) return;
    this.timers = [
      window.setInterval(() => this.tick(), TICK_MS),
      window.setInterval(() => void this.poll(), POLL_MS),
    ];
    document.addEventListener('visibilitychange', this.wake);
    window.addEventListener('offline', this.wentOffline);
    this.form?.addEventListener('submit', this.renewByClick);
    void this.stayAwake();
    this.tick();
  }

  disconnectedCallback(): void {
    this.timers.forEach((each) => window.clearInterval(each));
    document.removeEventListener('visibilitychange', this.wake);
    window.removeEventListener('offline', this.wentOffline);
    void this.lock?.release();
  }

  private find(selector: string): HTMLElement | null {
    return this.querySelector<HTMLElement>(selector);
  }

  private get form(): HTMLFormElement | null {
    return this.querySelector('form[data-renew]');
  }

  private readonly wake = (): void => {
    if (document.visibilityState !== 'visible') return;
    void this.stayAwake();
    void this.poll();
  };

  private readonly wentOffline = (): void => this.sayOffline(true);

  private readonly renewByClick = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.renew();
  };

  /** Reads until when the code holds, by the server's clock. */
  private read(): void {
    const now = Number(this.dataset['now']);
    this.ahead = now ? Date.now() - now : 0;
    this.until = Number(this.dataset['until']);
    for (const each of this.querySelectorAll<HTMLElement>('[data-needs-script]')) each.hidden = false;
    this.span = Math.max(1, this.until - (Date.now() - this.ahead));
  }

  private tick(): void {
    const now = Date.now() - this.ahead;
    const left = Math.max(0, this.until - now);
    const clock = this.find('[data-clock]');
    if (clock) clock.textContent = new Date(now).toLocaleTimeString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' });
    const seconds = this.find('[data-left]');
    if (seconds) seconds.textContent = String(Math.ceil(left / 1000));
    const ring = this.find('.code-ring .left');
    ring?.style.setProperty('stroke-dashoffset', String(100 - (100 * left) / this.span));
    if (left <= RENEW_AHEAD_MS && document.visibilityState === 'visible') void this.renew();
  }

  private async poll(): Promise<void> {
    const url = this.dataset['state'];
    if (!url || this.done || document.visibilityState !== 'visible') return;
    try {
      const answer = await fetch(url, { headers: { Accept: 'application/json' }, cache: 'no-store' });
      if (!answer.ok || answer.redirected) return;
      this.sayOffline(false);
      const told = (await answer.json()) as Told;
      if (told.redeemed_at) this.turnGreen(told);
    } catch {
      this.sayOffline(true);
    }
  }

  /** Asks for a new code as the form would, and takes over what the answer's <code-screen> shows. */
  private async renew(): Promise<void> {
    const form = this.form;
    if (!form || this.renewing || this.done) return;
    this.renewing = true;
    try {
      const body = new URLSearchParams();
      new FormData(form).forEach((value, name) => body.append(name, String(value)));
      if (body.has('idempotency_key')) body.set('idempotency_key', freshKey());
      const answer = await fetch(form.action, { method: 'POST', body, cache: 'no-store' });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const next = page.querySelector<HTMLElement>('code-screen');
      if (next) {
        this.takeOver(next);
      } else {
        window.location.reload(); // signed out, or refused: the page says why
      }
    } catch {
      this.sayOffline(true);
      this.until = Date.now() - this.ahead + POLL_MS + RENEW_AHEAD_MS; // tried again soon
    } finally {
      this.renewing = false;
    }
  }

  private takeOver(next: HTMLElement): void {
    for (const name of ['now', 'until', 'state']) {
      const value = next.dataset[name];
      if (value !== undefined) this.dataset[name] = value;
    }
    this.form?.removeEventListener('submit', this.renewByClick);
    this.replaceChildren(...Array.from(next.childNodes));
    this.form?.addEventListener('submit', this.renewByClick);
    this.read();
    this.tick();
  }

  private turnGreen(told: Told): void {
    this.done = true;
    this.timers.forEach((each) => window.clearInterval(each));
    const live = this.find('[data-live]');
    const redeemed = this.find('[data-redeemed]');
    const at = this.find('[data-redeemed-at]');
    const by = this.find('[data-redeemed-by]');
    if (at) at.textContent = new Date(told.redeemed_at ?? '').toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' });
    if (by) by.textContent = told.institution ?? '';
    if (live) live.hidden = true;
    if (redeemed) redeemed.hidden = false;
    redeemed?.focus();
    navigator.vibrate?.(200);
    void this.lock?.release();
  }

  private sayOffline(offline: boolean): void {
    const ribbon = this.find('[data-offline]');
    if (ribbon) ribbon.hidden = !offline;
  }

  private async stayAwake(): Promise<void> {
    if (this.done || document.visibilityState !== 'visible') return;
    try {
      this.lock = await navigator.wakeLock?.request('screen');
    } catch {
      // the screen may darken; the page says to raise its brightness
    }
  }
}
