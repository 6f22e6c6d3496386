// <class-sign>: signs its holder in or out. The class code is scanned or typed, this phone's own key signs over it,
// and the server takes it for nobody else. Where this phone has no key, staff do it.

import { ask, Refused } from '../asking';
import { parseChallenge } from '../codec/presentation';
import { nameBrowser } from '../wallet/browser';
import { canKeepKey } from '../wallet/device';
import { present } from '../wallet/presenting';
import { findHeld, type Held } from '../wallet/store';
import { synchronise } from '../wallet/syncing';
import { Camera } from './camera';
import { sound } from './sounding';
import { locate, type Where } from './whereabouts';

const TYPED = /^\d{8}$/;

interface Told {
  standing: 'counted' | 'pending' | 'refused';
  marked_at: string;
  distance_m: number | null;
  no_position: string | null;
}

const WAITING: Record<string, string> = {
  refused: '待核：没有提供位置，核实后计学时',
  unavailable: '待核：手机没有给出位置，核实后计学时',
  inaccurate: '待核：位置太不准，核实后计学时',
};

function explain(told: Told): string {
  if (told.no_position) return WAITING[told.no_position] ?? '待核，核实后计学时';
  if (told.distance_m !== null) return `待核：离教室约 ${told.distance_m} 米，或同一台手机为多人签到，核实后计学时`;
  return '待核：同一台手机短时间内为多人签到，核实后计学时';
}

export class ClassSign extends HTMLElement {
  private held: Held | undefined;
  private camera: Camera | undefined;
  private sending = false;
  private where: Promise<Where> | undefined; // asked while the code is looked for: a code lasts seconds
  private refused = 0; // the number refused last: a camera sees it ten times a second

  connectedCallback(): void {
    if (canKeepKey()) void this.open();
  }

  disconnectedCallback(): void {
    this.camera?.stop();
  }

  private async open(): Promise<void> {
    const owner = this.dataset['owner'] ?? '';
    const standing = await synchronise(owner, { bind: true });
    if (standing.kind === 'offline') this.show('[data-offline]', true);
    if (standing.kind === 'refused') this.refuse(`${standing.title}。${standing.detail}`);
    if (standing.kind === 'elsewhere') this.refuse(`您已在“${standing.label}”上开通出示，请用那台手机，或先换到这台。`);
    this.held = await findHeld(owner, Number(this.dataset['voucher']));
    if (!this.held || standing.kind === 'elsewhere') return;
    this.show('[data-ready]', true);
    if (this.hasAttribute('data-asks-place')) this.where = locate();
    const eye = this.querySelector<HTMLElement>('[data-eye]');
    const words = '把教室屏幕上的班级码放进画面';
    if (eye) this.camera = new Camera(eye, (text) => this.read(text), (said) => this.say(said), words);
    this.querySelector('form')?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.refused = 0;
      this.read(this.querySelector<HTMLInputElement>('form input[inputmode]')?.value ?? '');
    });
  }

  private read(text: string): void {
    const digits = text.normalize('NFKC').replace(/\D/g, '');
    const number = TYPED.test(digits) ? Number(digits) : parseChallenge(text);
    if (!number) this.say('这不是班级码：请看教室屏幕上的二维码或 8 位数字');
    else if (number !== this.refused) void this.sign(number);
  }

  private async sign(number: number): Promise<void> {
    if (this.sending || !this.held) return;
    this.sending = true;
    this.say('正在签名…');
    try {
      const where = await this.where;
      const shown = await present(this.held, 'S', number);
      const told = await ask<Told>('/attendance-marks', {
        session_id: Number(this.dataset['session']),
        direction: this.dataset['direction'],
        digits: shown.text,
        browser: nameBrowser(),
        ...(where ? { where } : {}),
      });
      this.succeed(told);
    } catch (error) {
      this.refused = error instanceof Refused ? number : 0;
      this.show('[data-offline]', !(error instanceof Refused));
      if (error instanceof Refused) this.refuse(`${error.problem.title}。${error.problem.detail}`);
      this.say('');
    } finally {
      this.sending = false;
    }
  }

  private succeed(told: Told): void {
    this.camera?.stop();
    for (const each of ['[data-ready]', '[data-otherwise]', '[data-refused]', '[data-offline]']) this.show(each, false);
    const at = this.querySelector('[data-signed-at]');
    if (at) at.textContent = new Date(told.marked_at).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' });
    if (told.standing === 'pending') this.mind(explain(told));
    this.show('[data-signed]', true);
    this.querySelector<HTMLElement>('[data-signed]')?.focus();
    sound(told.standing === 'pending' ? 'warn' : 'good');
  }

  /** What counts only once it has been looked at is not shown in the green of what is done. */
  private mind(why: string): void {
    const result = this.querySelector('[data-signed]');
    result?.classList.replace('good', 'warn');
    const sign = result?.querySelector('.sign');
    const word = result?.querySelector('.word');
    const note = result?.querySelector('[data-signed-note]');
    if (sign) sign.textContent = '!';
    if (word) word.textContent = `${word.textContent}，待核`;
    if (note) note.textContent = why;
  }

  private say(words: string): void {
    const note = this.querySelector('.scan-note');
    if (note) note.textContent = words;
  }

  private refuse(words: string): void {
    const said = this.querySelector('[data-refused]');
    if (said) said.textContent = words;
    this.show('[data-refused]', true);
  }

  private show(selector: string, shown: boolean): void {
    const part = this.querySelector<HTMLElement>(selector);
    if (part) part.hidden = !shown;
  }
}
