// A picture taken with the telephone's own camera app, read for the code on it.

const PHOTO_WIDTH = 1600;

/** Fetches the program that reads, once; reading.ts keeps it. */
export const getReader = () => import('./reading').then(({ read }) => read);

/** Returns the text of the code on a chosen picture, or undefined; the field is empty again for the next one. */
export async function readPhoto(field: HTMLInputElement): Promise<string | undefined> {
  const file = field.files?.[0];
  if (!file) return undefined;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, PHOTO_WIDTH / picture.width);
    const canvas = document.createElement('canvas');
    const read = await getReader();
    return await read(draw(canvas, picture, Math.round(picture.width * scale), Math.round(picture.height * scale)));
  } finally {
    field.value = '';
  }
}

/** Returns the points of a picture, drawn as large as asked. */
export function draw(canvas: HTMLCanvasElement, picture: CanvasImageSource, width: number, height: number): ImageData {
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext('2d', { willReadFrequently: true })!;
  pen.drawImage(picture, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height);
}
