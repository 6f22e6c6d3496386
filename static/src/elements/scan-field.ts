// <scan-field>: a field that a gun, a keyboard or a paste fills with a T code. It holds a form with one
// <input data-scan>; without scripts it is that form. A Chinese input method swallows letters and sometimes
// digits, so keys are read by where they are (event.code), not by what they would write.

import { freshKey } from '../keys';

const GUN_GAP_MS = 30;
const ENTER_GAP_MS = 200;
const SAME_CODE_MS = 3000;
const GROUP = 4;
const LENGTH = 22;

const digitsOf = (text: string): string => text.normalize('NFKC').replace(/\D/g, '').slice(0, 2 * LENGTH);
const grouped = (digits: string): string => digits.replace(/(.{4})(?=.)/g, '$1 ');

export class ScanField extends HTMLElement {
  private keysAt: number[] = []; // when each of the last digits was pressed
  private lastScan = '';
  private lastScanAt = -Infinity;
  private sound: AudioContext | undefined;

  connectedCallback(): void {
    document.addEventListener('keydown', this.pressed, true);
    document.addEventListener('visibilitychange', this.refocus);
    window.addEventListener('focus', this.refocus);
    document.addEventListener('htmx:afterSettle', this.answered);
    this.input?.addEventListener('input', this.changed);
    this.input?.addEventListener('paste', this.pasted);
    this.refocus();
  }

  disconnectedCallback(): void {
    document.removeEventListener('keydown', this.pressed, true);
    document.removeEventListener('visibilitychange', this.refocus);
    window.removeEventListener('focus', this.refocus);
    document.removeEventListener('htmx:afterSettle', this.answered);
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
      this.scan(input);
    }
  };

  private type(input: HTMLInputElement, digit: string, at: number): void {
    this.keysAt = [...this.keysAt, at].slice(-LENGTH);
    if (document.activeElement !== input) input.focus({ preventScroll: true });
    const before = digitsOf(input.value.slice(0, input.selectionStart ?? input.value.length));
    const after = digitsOf(input.value.slice(input.selectionEnd ?? input.value.length));
    this.write(input, before + digit + after, before.length + 1);
  }

  private write(input: HTMLInputElement, all: string, caret: number): void {
    const digits = all.slice(0, 2 * LENGTH);
    input.value = grouped(digits);
    const place = caret + Math.floor(Math.max(0, caret - 1) / GROUP);
    input.setSelectionRange(place, place);
    this.say(digits ? `已输入 ${digits.length} / ${LENGTH} 位` : '');
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

  /** Tells whether a gun wrote the last code: nobody types 22 digits in two thirds of a second. */
  private wasGun(): boolean {
    const [first, last] = [this.keysAt[0], this.keysAt.at(-1)];
    return this.keysAt.length === LENGTH && last! - first! < LENGTH * GUN_GAP_MS;
  }

  /** Sends what stands in the field and clears it, so that the next code starts on an empty one. */
  private scan(input: HTMLInputElement): void {
    const by = this.wasGun() ? 'gun' : 'typed';
    // what somebody had begun to type before the gun is not part of its code
    const digits = by === 'gun' ? digitsOf(input.value).slice(-LENGTH) : digitsOf(input.value);
    const at = performance.now();
    this.keysAt = [];
    if (!digits) return;
    if (digits === this.lastScan && at - this.lastScanAt < SAME_CODE_MS) {
      input.value = '';
      this.say('同一个码刚刚扫过，请勿重复');
      return;
    }
    this.lastScan = digits;
    this.lastScanAt = at;
    input.value = digits;
    const heard = new CustomEvent('scan', { bubbles: true, cancelable: true, detail: { digits, by } });
    if (this.dispatchEvent(heard)) input.form?.requestSubmit();
    window.setTimeout(() => {
      input.value = '';
      this.renewKeys(input.form);
      this.say(`已读取 ${grouped(digits).slice(0, 9)}…`);
    });
  }

  /** The next scan is another act: it needs keys of its own. */
  private renewKeys(form: HTMLFormElement | null): void {
    const keys = form?.querySelectorAll<HTMLInputElement>('input[name="idempotency_key"], input[name="nonce"]');
    keys?.forEach((key) => (key.value = freshKey()));
  }

  private say(words: string): void {
    const note = this.querySelector('.scan-note');
    if (note) note.textContent = words;
  }

  /** A result is heard and felt as well: one high tone for yes, two for mind, one low for no. */
  private readonly answered = (event: Event): void => {
    const result = (event.target as HTMLElement).querySelector?.<HTMLElement>('[data-tone]');
    this.refocus();
    if (!result || this.hasAttribute('data-silent')) return;
    const tone = result.dataset['tone'];
    navigator.vibrate?.(tone === 'good' ? 80 : [120, 60, 120]);
    const tones = tone === 'good' ? [880] : tone === 'warn' ? [660, 660] : [220];
    tones.forEach((hertz, place) => this.beep(hertz, place * 0.18, tone === 'bad' ? 0.5 : 0.12));
  };

  private beep(hertz: number, after: number, seconds: number): void {
    try {
      const sound = (this.sound ??= new AudioContext());
      const tone = sound.createOscillator();
      tone.frequency.value = hertz;
      tone.connect(sound.destination);
      tone.start(sound.currentTime + after);
      tone.stop(sound.currentTime + after + seconds);
    } catch {
      // no sound here: colour, sign and word say it
    }
  }
}

/** Returns whether somebody may be writing there, so that it is not taken away from them. */
function isWrittenIn(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || target.hasAttribute('data-scan')) return false;
  const kind = target instanceof HTMLInputElement ? target.type : '';
  return target.matches('textarea, select, [contenteditable]') || (kind !== '' && !/^(checkbox|radio|button|submit)$/.test(kind));
}
