// <scan-field>: a field that a camera, a picture, a gun, a keyboard or a paste fills with a code. It holds a form
// with one <input data-scan>; without scripts it is that form. A Chinese input method swallows letters and sometimes
// digits, so keys are read by where they are (event.code), not by what they would write.

import { kindOf, parsePresentation } from '../codec/presentation';
import { freshKey } from '../keys';
import { JUDGING } from '../marks';
import { Camera } from './camera';
import { sound } from './sounding';

const GUN_GAP_MS = 30;
const PAUSE_MS = 150; // a gun never stops this long within a code
const ENTER_GAP_MS = 200;
const SAME_CODE_MS = 3000;
const SAME_PHONE_MS = 60_000;
const GROUP = 4;
const TYPED_LENGTH = 22; // T, the only code people type
const LONGEST = 1024;

type By = 'camera' | 'photo' | 'gun' | 'typed';

interface Read {
  digits: string;
  by: By;
}

const digitsOf = (text: string): string => text.normalize('NFKC').replace(/\D/g, '').slice(0, LONGEST);
const grouped = (digits: string): string => digits.replace(/(.{4})(?=.)/g, '$1 ');

export class ScanField extends HTMLElement {
  private keysAt: number[] = []; // when each of the last digits was pressed
  private lastScan = '';
  private lastScanAt = -Infinity;
  private lastPhone = ''; // whose code the camera saw last; the next one of the same phone is not another scan
  private lastPhoneAt = -Infinity;
  private readonly waiting: Read[] = []; // read while an answer is on its way: each gets an answer of its own
  private formerAnswer: HTMLElement | null = null; // the answer that stood when the last code was sent
  private held = false; // what waits is sent when somebody says so: they have an answer to read, or a card to look at
  private camera: Camera | undefined;

  connectedCallback(): void {
    document.addEventListener('keydown', this.pressed, true);
    document.addEventListener('visibilitychange', this.refocus);
    window.addEventListener('focus', this.refocus);
    document.addEventListener('htmx:afterSettle', this.answered);
    document.addEventListener('htmx:afterRequest', this.later);
    document.addEventListener('scan-said', this.answered); // by the page itself, without network
    document.addEventListener('scan-said', this.later);
    this.input?.addEventListener('input', this.changed);
    this.input?.addEventListener('paste', this.pasted);
    document.addEventListener('submit', this.acted);
    window.addEventListener('beforeunload', this.leaving);
    const eye = this.querySelector<HTMLElement>('[data-eye]');
    if (eye) this.camera = new Camera(eye, (text, by) => this.saw(text, by), (words) => this.say(words));
    this.refocus();
  }

  disconnectedCallback(): void {
    document.removeEventListener('keydown', this.pressed, true);
    document.removeEventListener('visibilitychange', this.refocus);
    window.removeEventListener('focus', this.refocus);
    document.removeEventListener('htmx:afterSettle', this.answered);
    document.removeEventListener('htmx:afterRequest', this.later);
    document.removeEventListener('scan-said', this.answered);
    document.removeEventListener('scan-said', this.later);
    document.removeEventListener('submit', this.acted);
    window.removeEventListener('beforeunload', this.leaving);
    this.camera?.stop();
  }

  private get input(): HTMLInputElement | null {
    return this.querySelector('input[data-scan]');
  }

  private readonly refocus = (): void => {
    const elsewhere = document.activeElement;
    if (document.visibilityState !== 'visible' || isWrittenIn(elsewhere)) return;
    this.input?.focus({ preventScroll: true });
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    const input = this.input;
    if (!input || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target !== input && isWrittenIn(event.target)) return;
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
    if (digit !== undefined && !(event.shiftKey && event.code.startsWith('Digit'))) {
      event.preventDefault();
      this.type(input, digit, event.timeStamp);
    } else if (event.code === 'Enter' || event.code === 'NumpadEnter') {
      const ended = event.timeStamp - (this.keysAt.at(-1) ?? -Infinity) < ENTER_GAP_MS;
      if (event.target !== input && event.target !== document.body && !ended) return;
      event.preventDefault();
      // some guns end a code with two of them
      const meant = !event.repeat && event.timeStamp - this.lastScanAt >= ENTER_GAP_MS;
      if (this.held && !input.value && meant) this.goOn();
      else this.scan(input);
    }
  };

  private type(input: HTMLInputElement, digit: string, at: number): void {
    if (at - (this.keysAt.at(-1) ?? at) > PAUSE_MS) this.keysAt = [];
    this.keysAt.push(at);
    if (document.activeElement !== input) input.focus({ preventScroll: true });
    const before = digitsOf(input.value.slice(0, input.selectionStart ?? input.value.length));
    const after = digitsOf(input.value.slice(input.selectionEnd ?? input.value.length));
    this.write(input, before + digit + after, before.length + 1);
  }

  private write(input: HTMLInputElement, all: string, caret: number): void {
    const digits = all.slice(0, LONGEST);
    input.value = grouped(digits);
    const place = caret + Math.floor(Math.max(0, caret - 1) / GROUP);
    input.setSelectionRange(place, place);
    const whole = digits.length > TYPED_LENGTH ? '' : ` / ${TYPED_LENGTH}`;
    this.say(digits ? `已输入 ${digits.length}${whole} 位` : '');
  }

  private readonly changed = (): void => {
    const input = this.input;
    if (!input) return;
    const caret = digitsOf(input.value.slice(0, input.selectionStart ?? input.value.length)).length;
    this.write(input, digitsOf(input.value), caret);
  };

  private readonly pasted = (event: ClipboardEvent): void => {
    const input = this.input;
    if (!input) return;
    event.preventDefault();
    const digits = digitsOf(event.clipboardData?.getData('text') ?? '');
    this.write(input, digits, digits.length);
  };

  /** Returns how many digits a gun wrote last: nobody types 22 digits in two thirds of a second. */
  private gunLength(): number {
    const [first, last] = [this.keysAt[0], this.keysAt.at(-1)];
    const length = this.keysAt.length;
    return length >= TYPED_LENGTH && last! - first! < length * GUN_GAP_MS ? length : 0;
  }

  /** Sends what stands in the field and clears it, so that the next code starts on an empty one. */
  private scan(input: HTMLInputElement): void {
    const length = this.gunLength();
    // what somebody had begun to type before the gun is not part of its code
    const digits = length ? digitsOf(input.value).slice(-length) : digitsOf(input.value);
    this.keysAt = [];
    this.send(input, digits, length ? 'gun' : 'typed');
  }

  /** Takes what the camera or a picture shows; anything but one of our codes is passed over. */
  private saw(text: string, by: By): void {
    const input = this.input;
    if (!input) return;
    if (!kindOf(text)) {
      this.say('看到了二维码，但不是培训券的出示码');
      return;
    }
    const phone = phoneOf(text);
    const at = performance.now();
    const again = phone === this.lastPhone && at - this.lastPhoneAt < SAME_PHONE_MS;
    if (by === 'camera' && again) return;
    this.lastPhone = phone;
    this.lastPhoneAt = at;
    this.send(input, text, by);
  }

  /** The same phone is scanned a second time on purpose once its holder has been enrolled here. */
  private readonly acted = (event: SubmitEvent): void => {
    const form = event.target as HTMLFormElement;
    if (!this.contains(form) && form.action.endsWith('/enrolments')) this.lastPhone = '';
  };

  private send(input: HTMLInputElement, digits: string, by: By): void {
    const at = performance.now();
    if (!digits) return;
    if (digits === this.lastScan && at - this.lastScanAt < SAME_CODE_MS) {
      input.value = '';
      this.say('同一个码刚刚扫过，请勿重复');
      return;
    }
    this.lastScan = digits;
    this.lastScanAt = at;
    input.value = '';
    this.waiting.push({ digits, by });
    this.say(`已读取 ${grouped(digits).slice(0, 9)}…`);
    this.next();
  }

  /** The answer is there, and htmx lets the form go only after it has said so. */
  private readonly later = (): void => {
    if (!this.waiting.length) return;
    const answer = this.answer;
    const asks = this.board?.querySelector('input[name="last4"]');
    this.held = answer !== null && answer !== this.formerAnswer && (answer.dataset['tone'] !== 'good' || Boolean(asks));
    window.setTimeout(this.next);
  };

  /** Returns what an answer replaces. */
  private get board(): HTMLElement | null {
    const target = this.input?.form?.getAttribute('hx-target');
    return target ? document.querySelector<HTMLElement>(target) : null;
  }

  private get answer(): HTMLElement | null {
    return this.board?.querySelector<HTMLElement>('[data-tone]') ?? null;
  }

  /** Sends what was held. */
  private readonly goOn = (): void => {
    this.held = false;
    this.refocus();
    this.next();
  };

  /** A code that was read and not sent is lost with the page. */
  private readonly leaving = (event: BeforeUnloadEvent): void => {
    if (this.waiting.length) event.preventDefault();
  };

  /** Tells how many codes wait for somebody, with what lets them go on. */
  private tellHeld(): void {
    const told = document.createElement('p');
    told.className = 'scan-held';
    told.setAttribute('role', 'status');
    const go = document.createElement('button');
    go.type = 'button';
    go.className = 'button second';
    go.textContent = '核对下一个（回车）';
    go.addEventListener('click', this.goOn);
    told.append(`还有 ${this.waiting.length} 个码待核对 `, go);
    this.querySelector('.scan-held')?.remove();
    this.querySelector('.scan-note')?.after(told);
  }

  /**
   * Sends the next code that was read. While an answer is on its way htmx would send the form as it is later: empty;
   * and one that is judged on this device has its answer first.
   */
  private readonly next = (): void => {
    const input = this.input;
    if (!input || !this.waiting.length || document.querySelector(`.htmx-request, [${JUDGING}]`)) return;
    if (this.held) return this.tellHeld();
    this.querySelector('.scan-held')?.remove();
    const read = this.waiting.shift()!;
    this.formerAnswer = this.answer;
    // a gun may be in the middle of the one after it
    const begun = [input.value, input.selectionStart ?? 0] as const;
    input.value = read.digits;
    const heard = new CustomEvent('scan', { bubbles: true, cancelable: true, detail: read });
    if (this.dispatchEvent(heard)) input.form?.requestSubmit();
    this.renewKeys(input.form);
    input.value = begun[0];
    input.setSelectionRange(begun[1], begun[1]);
    this.later();
  };

  /** The next scan is another act: it needs keys of its own. */
  private renewKeys(form: HTMLFormElement | null): void {
    const keys = form?.querySelectorAll<HTMLInputElement>('input[name="idempotency_key"], input[name="nonce"]');
    keys?.forEach((key) => (key.value = freshKey()));
  }

  private say(words: string): void {
    const note = this.querySelector('.scan-note');
    if (note) note.textContent = words;
  }

  /** A result is heard and felt as well as seen. */
  private readonly answered = (event: Event): void => {
    const result = (event.target as HTMLElement).querySelector?.<HTMLElement>('[data-tone]');
    this.refocus();
    if (!result || this.hasAttribute('data-silent')) return;
    const tone = result.dataset['tone'];
    result.scrollIntoView({ block: 'nearest' });
    sound(tone);
  };
}

/** Returns whether somebody may be writing there, so that it is not taken away from them. */
function isWrittenIn(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || target.hasAttribute('data-scan')) return false;
  const kind = target instanceof HTMLInputElement ? target.type : '';
  return target.matches('textarea, select, [contenteditable]') || (kind !== '' && !/^(checkbox|radio|button|submit)$/.test(kind));
}

/** Returns what stays the same from one code of a phone to the next: the voucher's id; of T the code itself. */
function phoneOf(text: string): string {
  const shown = parsePresentation(text);
  if (!shown) return text;
  const vid = shown.kind === 'S' ? shown.subject : shown.subject.slice(5, 13);
  return Array.from(vid, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
