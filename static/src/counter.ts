// What the scan page carries beside what every desk does: going on without network.

import { ScanOffline } from './counter/element';

customElements.define('scan-offline', ScanOffline);
