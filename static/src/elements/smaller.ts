// Photographs of papers are made smaller on the telephone before they are sent: a poor network carries less.
// Without this file they are sent as they are.

const LONGER_SIDE = 2200; // A4 at about 190 dots an inch: small print stays legible
const LEFT_ALONE_BYTES = 600_000;
const QUALITY = 0.82;

/** Returns a photograph drawn smaller and the right way up, or the file itself where that gains nothing. */
async function shrink(file: File): Promise<File> {
  if (!/^image\/(jpeg|png)$/.test(file.type) || file.size < LEFT_ALONE_BYTES) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const scale = Math.min(1, LONGER_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const drawn = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
    return drawn && drawn.size < file.size ? new File([drawn], 'photo.jpg', { type: 'image/jpeg' }) : file;
  } catch {
    return file; // the server says what is wrong with it
  }
}

async function shrinkChosen(event: Event): Promise<void> {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || !field.hasAttribute('data-smaller') || !field.files) return;
  const chosen = Array.from(field.files);
  const sent = new DataTransfer();
  for (const file of chosen) sent.items.add(await shrink(file));
  // somebody who chose others meanwhile is not given the earlier ones back
  const now = Array.from(field.files);
  if (now.length === chosen.length && now.every((file, place) => file === chosen[place])) field.files = sent.files;
}

export function install(): void {
  document.addEventListener('change', (event) => void shrinkChosen(event));
}
