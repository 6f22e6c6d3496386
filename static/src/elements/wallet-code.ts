// <wallet-code>: a code this device signs itself, new every fifteen seconds, with or without network. Where that
// cannot be (no key, no credential, an old browser) the page keeps showing what it holds for everybody: T.

import { parseChallenge, type SignedKind } from '../codec/presentation';
import { canKeepKey } from '../wallet/device';
import { drawCode } from '../wallet/drawing';
import { present } from '../wallet/presenting';
import { findHeld, findNotes, type Held } from '../wallet/store';
import { beginAgain, synchronise, type Standing } from '../wallet/syncing';
import { readPhoto } from './photo';
import { Screen } from './screen';

const SPAN_MS = 15_000;
const RETRY_MS = 3000;

export class WalletCode extends Screen {
  private held: Held | undefined;
  private kind: SignedKind = 'S';
  private challenge = 0;
  private showing = false;
  private state = '';

  connectedCallback(): void {
    if (!canKeepKey()) return;
    this.find('[data-renew-now]')?.addEventListener('click', () => void this.renew());
    this.find('[data-other-kind]')?.addEventListener('click', () => this.changeKind());
    this.find('[data-move-here]')?.addEventListener('click', () => void this.moveHere());
    this.find('form[data-challenge]')?.addEventListener('submit', (event) => this.answerChallenge(event));
    this.find('form[data-challenge] input[type="file"]')?.addEventListener('change', (event) => {
      void readPhoto(event.currentTarget as HTMLInputElement)
        .catch(() => undefined)
        .then((text) => this.answer(text ?? ''));
    });
    for (const each of this.querySelectorAll('[data-begin-again]')) {
      each.addEventListener('click', () => void this.moveHere());
    }
    void this.open();
  }

  private get owner(): string {
    return this.dataset['owner'] ?? '';
  }

  /** Shows at once what is kept, and asks the server meanwhile what has changed. */
  private async open(): Promise<void> {
    try {
      await this.take();
    } catch {
      return; // a private window keeps nothing: T it is
    }
    if (this.held) this.appear();
    await this.settle(await synchronise(this.owner, { bind: true }));
  }

  /** Takes what is kept for this voucher by now. */
  private async take(): Promise<void> {
    this.held = await findHeld(this.owner, Number(this.dataset['voucher']));
    this.aheadMs = (await findNotes(this.owner))?.aheadMs ?? 0;
  }

  private async settle(standing: Standing): Promise<void> {
    if (standing.kind === 'offline') {
      this.sayOffline(true);
    } else if (standing.kind === 'signed_out') {
      this.signedOut();
    } else if (standing.kind === 'elsewhere' || standing.kind === 'ended') {
      this.conceal();
      const name = this.find('[data-elsewhere-label]');
      if (name && standing.kind === 'elsewhere') name.textContent = standing.label;
      this.show(standing.kind === 'ended' ? `[data-ended="${standing.why}"]` : '[data-elsewhere]', true);
      this.show('[data-otherwise]', standing.kind === 'elsewhere');
    } else if (standing.kind === 'good') {
      await this.take();
      if (this.held) this.appear();
      else this.conceal();
    }
  }

  private appear(): void {
    if (this.timersRun) return void this.renew();
    this.timersRun = true;
    this.show('[data-live]', true);
    this.show('[data-otherwise]', false);
    this.start();
    void this.renew();
  }

  private timersRun = false;

  private conceal(): void {
    this.stop();
    this.timersRun = false;
    this.held = undefined;
    this.show('[data-live]', false);
    this.show('[data-otherwise]', true);
  }

  protected async renew(): Promise<void> {
    const picture = this.find('[data-picture]');
    if (this.showing || this.done || !this.held || !picture) return;
    this.showing = true;
    const { kind, challenge } = this;
    try {
      const shown = await present(this.held, kind, challenge);
      picture.replaceChildren(drawCode(shown.text));
      picture.dataset['code'] = shown.text;
      picture.dataset['challenge'] = String(challenge);
      this.show('[data-no-beacon]', !shown.hasBeacon);
      this.begin(shown.shownAtMs + SPAN_MS);
    } catch {
      this.until = this.now + RETRY_MS;
    } finally {
      this.showing = false;
    }
    // its holder asked for another one while this was being made
    if (kind !== this.kind || challenge !== this.challenge) await this.renew();
  }

  /** A class was chosen or left meanwhile: the old credential is dead, so fetch the one of now. */
  protected override heard(told: { state: string }): void {
    const changed = this.state !== '' && told.state !== this.state;
    this.state = told.state;
    if (changed) void synchronise(this.owner).then((standing) => this.settle(standing));
  }

  protected override signedOut(): void {
    this.show('[data-signed-out]', true);
  }

  /** S is for a place with network, F for one without. */
  private changeKind(): void {
    this.kind = this.kind === 'S' ? 'F' : 'S';
    const button = this.find('[data-other-kind]');
    if (button) button.textContent = this.kind === 'S' ? '机构没有网络？' : '机构有网络';
    this.show('[data-kind-f]', this.kind === 'F');
    void this.renew();
  }

  /** The institution's digits stand in for this device's clock. */
  private answerChallenge(event: Event): void {
    event.preventDefault();
    this.answer(this.querySelector<HTMLInputElement>('form[data-challenge] input[inputmode]')?.value ?? '');
  }

  private answer(text: string): void {
    const asked = parseChallenge(text);
    this.show('[data-challenge-wrong]', asked === undefined);
    if (asked === undefined) return;
    this.challenge = asked;
    void this.renew();
  }

  private async moveHere(): Promise<void> {
    for (const each of this.querySelectorAll<HTMLElement>('[data-ended], [data-elsewhere]')) each.hidden = true;
    const standing = await beginAgain(this.owner);
    const refused = this.find('[data-refused]');
    if (refused && standing.kind === 'refused') refused.textContent = `${standing.title}。${standing.detail}`;
    this.show('[data-refused]', standing.kind === 'refused');
    await this.settle(standing);
  }
}
