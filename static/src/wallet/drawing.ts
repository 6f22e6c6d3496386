// Digits as a picture: one numeric segment, error correction M, four modules of white around.

import { encode } from 'uqr';

const SVG = 'http://www.w3.org/2000/svg';
const QUIET = 4;

/** Returns a QR code as an SVG element; its version follows from the length (S 6, F 11). */
export function drawCode(digits: string): SVGElement {
  const { data, size } = encode(digits, { ecc: 'M', border: QUIET });
  let dark = '';
  data.forEach((row, y) => row.forEach((isDark, x) => (dark += isDark ? `M${x} ${y}h1v1h-1z` : '')));
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('viewBox', `0 0 ${size} ${size}`);
  picture.setAttribute('shape-rendering', 'crispEdges');
  picture.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', dark);
  picture.append(path);
  return picture;
}
