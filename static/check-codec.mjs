// Answers, with the browser's codec and its judge of offline codes, what a test asks it: JSON comes in, JSON goes out.
import { buildSync } from 'esbuild';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const contents = `
  export * from './src/codec/base10';
  export * from './src/codec/credential';
  export * from './src/codec/presentation';
  export * from './src/counter/judging';
  export * from './src/counter/sentences';`;
const stdin = { contents, resolveDir: import.meta.dirname, sourcefile: join(import.meta.dirname, 'codec.ts'), loader: 'ts' };
const built = buildSync({ stdin, bundle: true, write: false, format: 'esm', target: 'es2020' });
const codec = await import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString('base64')}`);

const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (data) => (data ? Buffer.from(data).toString('hex') : null);
const asked = JSON.parse(readFileSync(0, 'utf8'));

const write = (each) => {
  const said = { ...each, subject: bytes(each.subject), signature: bytes(each.signature) };
  return {
    digits: codec.encodePresentation(said),
    message: hex(codec.signedMessage(said, bytes(each.digest), bytes(each.beacon))),
  };
};
const read = (text) => {
  const found = codec.parsePresentation(text);
  return found ? { ...found, subject: hex(found.subject), signature: hex(found.signature) } : null;
};
const tell = (data) => {
  const found = codec.readCredential(bytes(data));
  return found ? { ...found, kid: hex(found.kid), vid: hex(found.vid), holderKey: hex(found.holderKey) } : null;
};

process.stdout.write(
  JSON.stringify({
    encoded: asked.bytes.map((each) => codec.encodeBase10(bytes(each))),
    decoded: asked.digits.map((each) => hex(codec.decodeBase10(each) ?? null)),
    written: asked.presentations.map(write),
    read: asked.texts.map(read),
    kinds: asked.texts.map((each) => codec.kindOf(each) ?? null),
    challenges: asked.texts.map((each) => codec.parseChallenge(each) ?? null),
    credentials: asked.credentials.map(tell),
    judged: asked.judged.map((each) => codec.judge(each.text, asked.packs[each.pack], each.at_ms).code),
    sentences: codec.SENTENCES,
  }),
);
