// <lesson-player>: one segment of an online lesson. The server says when it began; this phone's key signs its end.
// A signature that could not be sent is sent again when the network is back. Where one was is kept on the device.

import { ask, Refused } from '../asking';
import { canKeepKey } from '../wallet/device';
import { present } from '../wallet/presenting';
import { findHeld, type Held } from '../wallet/store';
import { synchronise } from '../wallet/syncing';

const RETRY_MS = 5000;
const KEEP_MS = 5000;
const MINUTE_MS = 60_000;
const ACTS = ['pointerdown', 'keydown', 'wheel', 'touchmove'] as const;

interface Begun {
  id: number;
  number: number;
  started_at: string;
}

export class LessonPlayer extends HTMLElement {
  private held: Held | undefined;
  private begun: Begun | undefined;
  private timer = 0;
  private minutes = 0;
  private seen = { open_minutes: 0, acts: 0 };

  connectedCallback(): void {
    this.find('[data-begin]')?.addEventListener('click', () => void this.begin());
    this.find('[data-end]')?.addEventListener('click', () => void this.end());
    if (!canKeepKey()) this.refuse('这个浏览器不能签名，请换用您登记的手机，或请机构安排线下补课。');
  }

  disconnectedCallback(): void {
    window.clearInterval(this.timer);
    window.clearInterval(this.minutes);
    for (const each of ACTS) document.removeEventListener(each, this.note);
  }

  private async begin(): Promise<void> {
    try {
      const owner = this.dataset['owner'] ?? '';
      const standing = await synchronise(owner, { bind: true });
      if (standing.kind === 'elsewhere') return this.refuse(`您已在“${standing.label}”上开通出示，请用那台设备学习。`);
      this.held = await findHeld(owner, Number(this.dataset['voucher']));
      if (!this.held) return this.refuse('这台设备还没有开通出示，请联网后再试。');
      const wanted = { segment_id: Number(this.dataset['segment']), voucher_id: Number(this.dataset['voucher']) };
      this.begun = await ask<Begun>('/studies', wanted);
      this.show('[data-offline]', false);
      this.show('[data-refused]', false);
      this.show('[data-begin-first]', false);
      this.show('[data-playing]', true);
      this.watch();
      this.play();
    } catch (error) {
      this.fail(error);
    }
  }

  private readonly note = (event: Event): void => {
    // the press that ends a segment is made by whoever comes back for it
    if (!(event.target instanceof Element && event.target.closest('[data-begin], [data-end]'))) this.seen.acts += 1;
  };

  /** Tells once a minute whether the page is in sight and touched; unheard, nothing is held against anybody. */
  private watch(): void {
    for (const each of ACTS) document.addEventListener(each, this.note, { passive: true });
    window.clearInterval(this.minutes);
    this.minutes = window.setInterval(() => {
      if (document.visibilityState === 'visible') this.seen.open_minutes += 1;
      void ask('/study-focus', { study_id: this.begun?.id, ...this.seen }).catch(() => undefined);
    }, MINUTE_MS);
  }

  /** Plays from where one was. */
  private play(): void {
    const video = this.querySelector('video');
    if (!video) return;
    const [from, until] = [Number(this.dataset['from']), Number(this.dataset['until'])];
    const kept = Number(this.kept('get') ?? from);
    video.currentTime = kept > from && kept < until ? kept : from;
    this.timer = window.setInterval(() => this.kept('set', String(video.currentTime)), KEEP_MS);
    void video.play().catch(() => undefined);
  }

  private kept(what: 'get' | 'set', value = ''): string | null {
    const name = `lesson-${this.dataset['segment']}`;
    try {
      if (what === 'get') return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch {
      // a private window begins each segment anew
    }
    return null;
  }

  private async end(): Promise<void> {
    if (!this.held || !this.begun) return;
    const chosen = this.querySelector<HTMLInputElement>('input[name="answer"]:checked');
    if (!chosen && this.querySelector('input[name="answer"]')) return this.say('请先回答检查题');
    const shown = await present(this.held, 'S', this.begun.number);
    const told = { study_id: this.begun.id, digits: shown.text, answer: chosen ? Number(chosen.value) : null };
    await this.send(told);
  }

  private async send(told: unknown): Promise<void> {
    this.find('[data-end]')?.setAttribute('aria-disabled', 'true');
    try {
      await ask('/study-ends', told);
      window.location.reload();
    } catch (error) {
      if (!(error instanceof Refused)) {
        this.show('[data-offline]', true);
        window.setTimeout(() => void this.send(told), RETRY_MS);
        return;
      }
      this.find('[data-end]')?.removeAttribute('aria-disabled');
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.show('[data-offline]', !(error instanceof Refused));
    if (error instanceof Refused) this.refuse(`${error.problem.title}。${error.problem.detail}`);
  }

  private say(words: string): void {
    const note = this.find('[data-note]');
    if (note) note.textContent = words;
  }

  private refuse(words: string): void {
    const said = this.find('[data-refused]');
    if (said) said.textContent = words;
    this.show('[data-refused]', true);
  }

  private find(selector: string): HTMLElement | null {
    return this.querySelector<HTMLElement>(selector);
  }

  private show(selector: string, shown: boolean): void {
    const part = this.find(selector);
    if (part) part.hidden = !shown;
  }
}
