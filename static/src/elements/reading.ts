// Reading QR codes with zxing, compiled for browsers; its program is served by us, like everything else.

import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';
import program from 'zxing-wasm/reader/zxing_reader.wasm?url';

prepareZXingModule({ overrides: { locateFile: () => program } });

/** Returns the text of the QR code in a picture, or undefined where there is none. */
export async function read(picture: ImageData): Promise<string | undefined> {
  const found = await readBarcodes(picture, { formats: ['QRCode'], tryHarder: true, maxNumberOfSymbols: 1 });
  return found.find((each) => each.isValid)?.text;
}
