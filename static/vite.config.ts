// Builds src/ into dist/: hashed names, a manifest for the server, and a compressed copy beside each file.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { defineConfig, type Plugin } from 'vite';

const WORTH_IT_BYTES = 600;

function compressBeside(folder: string): Plugin {
  return {
    name: 'compress-beside',
    apply: 'build',
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true }) as string[]) {
        if (!/\.(js|css|svg|wasm)$/.test(name)) continue;
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

const TARGET = ['es2020', 'chrome87', 'safari14'];

/** A service worker is one plain script under a name that does not change. */
function buildServiceWorkers(folder: string): Plugin {
  return {
    name: 'build-service-workers',
    apply: 'build',
    closeBundle() {
      const entryPoints = ['src/sw.ts', 'src/counter-sw.ts'].map((each) => join(import.meta.dirname, each));
      buildSync({ entryPoints, outdir: folder, bundle: true, minify: true, format: 'iife', target: TARGET, supported: { destructuring: true } });
    },
  };
}

/** zxing would fetch its program from elsewhere, were it not told where ours lies: that address is not shipped. */
function stayHome(): Plugin {
  const elsewhere = /https:\/\/[\w.]+\/npm\/zxing-wasm/g;
  return {
    name: 'stay-home',
    transform: (code, id) => (id.includes('zxing-wasm') ? code.replace(elsewhere, '/static/zxing-wasm') : undefined),
  };
}

/** What is printed is set on the server, with these; no page loads them. */
const PRINT_FONTS = ['400Regular/NotoSansSC_400Regular.ttf', '700Bold/NotoSansSC_700Bold.ttf'];

function copyPrintFonts(folder: string): Plugin {
  return {
    name: 'copy-print-fonts',
    apply: 'build',
    closeBundle() {
      const fonts = join(import.meta.dirname, 'node_modules/@expo-google-fonts/noto-sans-sc');
      mkdirSync(join(folder, 'fonts'), { recursive: true });
      for (const each of PRINT_FONTS) copyFileSync(join(fonts, each), join(folder, 'fonts', basename(each)));
    },
  };
}

const DIST = join(import.meta.dirname, 'dist');

export default defineConfig({
  base: '/static/',
  logLevel: 'warn',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    target: TARGET,
    cssTarget: ['chrome87', 'safari14'],
    reportCompressedSize: false,
    rollupOptions: {
      input: ['src/desk.ts', 'src/phone.ts', 'src/counter.ts'],
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
  plugins: [copyPrintFonts(DIST), stayHome(), buildServiceWorkers(DIST), compressBeside(DIST)],
});
