// What a worker's pages carry.

import './tokens.css';
import 'weui/dist/style/base/base.min.css';
import 'weui/dist/style/widget/weui-cell/weui-cell.min.css';
import 'weui/dist/style/widget/weui-tab/weui-tab.min.css';
import './styles/phone.scss';

import * as comforts from './comforts';
import { findAccount } from './counter/account';
import { CodeScreen } from './elements/code-screen';
import { WalletCode } from './elements/wallet-code';
import { WalletPhone } from './elements/wallet-phone';
import * as smaller from './elements/smaller';
import * as offline from './wallet/offline';

comforts.install();
smaller.install();
customElements.define('code-screen', CodeScreen);
customElements.define('wallet-code', WalletCode);
customElements.define('wallet-phone', WalletPhone);
offline.install();
// few pages read codes: the others need not wait for that
if (document.querySelector('class-sign')) {
  void import('./elements/class-sign').then(({ ClassSign }) => customElements.define('class-sign', ClassSign));
}
if (document.querySelector('lesson-player')) {
  void import('./elements/lesson-player').then(({ LessonPlayer }) => customElements.define('lesson-player', LessonPlayer));
}
// a browser that was a counter's before forgets its lists
if (findAccount()) void import('./counter/leaving').then((leaving) => leaving.install());
