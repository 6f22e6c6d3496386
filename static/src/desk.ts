// What desks and public pages carry.

import './tokens.css';
import './styles/desk.scss';

import * as comforts from './comforts';
import * as leaving from './counter/leaving';
import { ScanField } from './elements/scan-field';
import * as menu from './menu';
import * as tables from './tables';

tables.install();
comforts.install();
menu.install();
leaving.install();
customElements.define('scan-field', ScanField);
