// Builds src/ into dist/: hashed names, a manifest for the server, and a compressed copy beside each file.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const WORTH_IT_BYTES = 600;

function compressBeside(folder: string): Plugin {
  return {
    name: 'compress-beside',
    apply: 'build',
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true }) as string[]) {
        if (!/\.(js|css|svg)$/.test(name)) continue;
        const path = join(folder, name);
        const bytes = readFileSync(path);
        if (bytes.length < WORTH_IT_BYTES) continue;
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
      }
    },
  };
}

export default defineConfig({
  base: '/static/',
  logLevel: 'warn',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    target: ['es2020', 'chrome87', 'safari14'],
    cssTarget: ['chrome87', 'safari14'],
    reportCompressedSize: false,
    rollupOptions: {
      input: ['src/desk.ts', 'src/phone.ts'],
      // htmx can evaluate attributes; tables.ts forbids it to, and the content policy would refuse
      onwarn: (told, warn) => (told.code === 'EVAL' && told.id?.includes('htmx') ? undefined : warn(told)),
    },
  },
  css: {
    preprocessorOptions: {
      // Bootstrap 5.3 is still written with @import
      scss: { quietDeps: true, silenceDeprecations: ['import', 'global-builtin', 'color-functions', 'if-function'] },
    },
  },
  plugins: [compressBeside(join(import.meta.dirname, 'dist'))],
});
