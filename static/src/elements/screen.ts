// What the two screens of a code share: a clock that moves, the ring that runs down, asking whether the code has
// been scanned, turning green, the ribbon without network, a screen that stays lit.

const POLL_MS = 2000;
const TICK_MS = 200;

interface Told {
  state: string;
  redeemed_at: string | null;
  institution: string | null;
}

export abstract class Screen extends HTMLElement {
  protected aheadMs = 0; // how far this device's clock is before the server's
  protected until = 0; // by the server's clock
  protected done = false;
  private span = 1;
  private timers: number[] = [];
  private lock: WakeLockSentinel | undefined;

  /** Puts another code on the screen. */
  protected abstract renew(): Promise<void>;

  /** How long before its end a code is followed by the next one. */
  protected readonly renewAheadMs: number = 0;

  /** Hears what the server said, unless that turned the screen green. */
  protected heard(_told: Told): void {}

  /** Hears that the session is over. */
  protected signedOut(): void {}

  protected start(): void {
    this.timers = [
      window.setInterval(() => this.tick(), TICK_MS),
      window.setInterval(() => void this.poll(), POLL_MS),
    ];
    document.addEventListener('visibilitychange', this.wake);
    window.addEventListener('offline', this.wentOffline);
    void this.stayAwake();
  }

  disconnectedCallback(): void {
    this.stop();
    document.removeEventListener('visibilitychange', this.wake);
    window.removeEventListener('offline', this.wentOffline);
  }

  protected stop(): void {
    this.timers.forEach((each) => window.clearInterval(each));
    this.timers = [];
    void this.lock?.release();
  }

  protected find(selector: string): HTMLElement | null {
    return this.querySelector<HTMLElement>(selector);
  }

  protected show(selector: string, shown: boolean): void {
    const part = this.find(selector);
    if (part) part.hidden = !shown;
  }

  protected get now(): number {
    return Date.now() - this.aheadMs;
  }

  /** A new code is on the screen, good until then. */
  protected begin(until: number): void {
    this.until = until;
    this.span = Math.max(1, until - this.now);
    this.tick();
  }

  protected readonly wake = (): void => {
    if (document.visibilityState !== 'visible') return;
    void this.stayAwake();
    void this.poll();
  };

  private readonly wentOffline = (): void => this.sayOffline(true);

  protected tick(): void {
    const left = Math.max(0, this.until - this.now);
    const clock = this.find('[data-clock]');
    if (clock) {
      clock.textContent = new Date(this.now).toLocaleTimeString('zh-CN', { hour12: false, timeZone: 'Asia/Shanghai' });
    }
    const seconds = this.find('[data-left]');
    if (seconds) seconds.textContent = String(Math.ceil(left / 1000));
    const ring = this.find('.code-ring .left');
    ring?.style.setProperty('stroke-dashoffset', String(100 - (100 * left) / this.span));
    if (left <= this.renewAheadMs && document.visibilityState === 'visible' && !this.done) void this.renew();
  }

  protected async poll(): Promise<void> {
    const url = this.dataset['state'];
    if (!url || this.done || document.visibilityState !== 'visible') return;
    try {
      const answer = await fetch(url, { headers: { Accept: 'application/json' }, cache: 'no-store' });
      this.sayOffline(false);
      if (answer.status === 401 || answer.redirected) return this.signedOut();
      if (!answer.ok) return;
      const told = (await answer.json()) as Told;
      if (told.redeemed_at) this.turnGreen(told);
      else this.heard(told);
    } catch {
      this.sayOffline(true);
    }
  }

  private turnGreen(told: Told): void {
    this.done = true;
    this.stop();
    const at = this.find('[data-redeemed-at]');
    const by = this.find('[data-redeemed-by]');
    if (at) at.textContent = new Date(told.redeemed_at ?? '').toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' });
    if (by) by.textContent = told.institution ?? '';
    this.show('[data-live]', false);
    this.show('[data-redeemed]', true);
    this.find('[data-redeemed]')?.focus();
    navigator.vibrate?.(200);
  }

  protected sayOffline(offline: boolean): void {
    this.show('[data-offline]', offline);
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
