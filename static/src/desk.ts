// What desks and public pages carry.

import './tokens.css';
import './styles/desk.scss';

import * as columns from './columns';
import * as comforts from './comforts';
import * as leaving from './counter/leaving';
import { ClassCode } from './elements/class-code';
import { ScanField } from './elements/scan-field';
import { PlaceField } from './elements/whereabouts';
import * as menu from './menu';
import * as tables from './tables';

tables.install();
columns.install();
comforts.install();
menu.install();
leaving.install();
customElements.define('class-code', ClassCode);
customElements.define('scan-field', ScanField);
customElements.define('place-field', PlaceField);
