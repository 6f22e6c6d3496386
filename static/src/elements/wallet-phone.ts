// <wallet-phone>: tells which of the phones on the page is this one, and opens this one where none is.

import { canKeepKey } from '../wallet/device';
import { findDevice } from '../wallet/store';
import { beginAgain } from '../wallet/syncing';

export class WalletPhone extends HTMLElement {
  connectedCallback(): void {
    if (canKeepKey()) void this.look();
    else this.show('[data-unable]', true);
    this.querySelector('[data-begin-button]')?.addEventListener('click', () => void this.begin());
  }

  private get owner(): string {
    return this.dataset['owner'] ?? '';
  }

  private show(selector: string, shown: boolean): HTMLElement | null {
    const part = this.querySelector<HTMLElement>(selector);
    if (part) part.hidden = !shown;
    return part;
  }

  private async look(): Promise<void> {
    const live = Array.from(document.querySelectorAll<HTMLElement>('[data-device][data-live]'));
    const mine = await findDevice(this.owner).catch(() => undefined);
    const here = live.some((each) => Number(each.dataset['device']) === mine?.deviceId);
    this.show('[data-this]', here);
    this.show('[data-begin]', !here);
    const button = this.querySelector('[data-begin-button]');
    if (button && live.length) button.textContent = '换到这台手机出示';
  }

  private async begin(): Promise<void> {
    const standing = await beginAgain(this.owner);
    if (standing.kind === 'good') return window.location.reload();
    const said = this.show('[data-refused]', true);
    if (said) {
      said.textContent =
        standing.kind === 'refused'
          ? `${standing.title}。${standing.detail}`
          : standing.kind === 'offline'
            ? '现在没有网络，请稍后再试'
            : '登录已过期或这部手机刚刚变动过，请重新登录后再开通';
    }
  }
}
