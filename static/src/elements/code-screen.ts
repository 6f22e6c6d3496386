// <code-screen>: a T code, made by the server, that renews itself and turns green when it has been used. Static
// markup comes from the macro code_screen; without scripts its form renews the code by a click.

import { freshKey } from '../keys';
import { Screen } from './screen';

const RETRY_MS = 2000;

export class CodeScreen extends Screen {
  private renewing = false;
  protected override readonly renewAheadMs = 1000;

  connectedCallback(): void {
    this.read();
    if (this.find('[data-redeemed]')?.hidden === false) return;
    this.form?.addEventListener('submit', this.renewByClick);
    this.start();
  }

  private get form(): HTMLFormElement | null {
    return this.querySelector('form[data-renew]');
  }

  private readonly renewByClick = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.renew();
  };

  /** Reads until when the code holds, by the server's clock. */
  private read(): void {
    const now = Number(this.dataset['now']);
    this.aheadMs = now ? Date.now() - now : 0;
    for (const each of this.querySelectorAll<HTMLElement>('[data-needs-script]')) each.hidden = false;
    this.begin(Number(this.dataset['until']));
  }

  /** Asks for a new code as the form would, and takes over what the answer's <code-screen> shows. */
  protected async renew(): Promise<void> {
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
      this.until = this.now + RETRY_MS + this.renewAheadMs; // tried again soon
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
  }
}
