// Bytes as digits, the way of FIDO CTAP 2.2 hybrid: a scanner gun and a Chinese input method spoil nothing else.
// Seven bytes, little-endian, become 17 digits; a shorter tail becomes fewer. One spelling per content.

const CHUNK_BYTES = 7;
const CHUNK_DIGITS = 17;
const TAIL_DIGITS = [0, 3, 5, 8, 10, 13, 15]; // by the bytes of the tail

/** Returns bytes as digits. */
export function encodeBase10(bytes: Uint8Array): string {
  let digits = '';
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const chunk = bytes.subarray(start, start + CHUNK_BYTES);
    const width = chunk.length === CHUNK_BYTES ? CHUNK_DIGITS : TAIL_DIGITS[chunk.length]!;
    let value = 0n;
    for (let place = chunk.length - 1; place >= 0; place -= 1) value = (value << 8n) | BigInt(chunk[place]!);
    digits += value.toString().padStart(width, '0');
  }
  return digits;
}

/** Returns the bytes behind digits, or undefined for what no bytes are written as. */
export function decodeBase10(digits: string): Uint8Array | undefined {
  if (!/^[0-9]*$/.test(digits)) return undefined;
  const tail = TAIL_DIGITS.indexOf(digits.length % CHUNK_DIGITS);
  if (tail < 0) return undefined;
  const whole = Math.floor(digits.length / CHUNK_DIGITS);
  const bytes = new Uint8Array(whole * CHUNK_BYTES + tail);
  for (let chunk = 0; chunk * CHUNK_DIGITS < digits.length; chunk += 1) {
    const size = chunk < whole ? CHUNK_BYTES : tail;
    let value = BigInt(digits.slice(chunk * CHUNK_DIGITS, (chunk + 1) * CHUNK_DIGITS));
    for (let place = 0; place < size; place += 1) {
      bytes[chunk * CHUNK_BYTES + place] = Number(value & 0xffn);
      value >>= 8n;
    }
    if (value !== 0n) return undefined;
  }
  return bytes;
}

/** Returns digits followed by two check digits, ISO 7064 mod 97-10. */
export function withCheck(digits: string): string {
  return digits + String(98 - modulo97(`${digits}00`)).padStart(2, '0');
}

/** Returns what stands before the two check digits, or undefined where they do not fit. */
export function withoutCheck(digits: string): string | undefined {
  const body = digits.slice(0, -2);
  return body && withCheck(body) === digits ? body : undefined;
}

function modulo97(digits: string): number {
  let rest = 0;
  for (const digit of digits) rest = (rest * 10 + Number(digit)) % 97;
  return rest;
}
