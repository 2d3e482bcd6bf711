// Builds the page into dist/, which the server serves. `vite packages/console` is the development server: it passes /api
// on to a Weir at port 8080.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    target: 'es2022',
    // Icons and fonts stay files: a page with a strict Content-Security-Policy loads no data: URLs.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    // The licences of what is bundled ask that their text goes along.
    license: { fileName: 'licences.md' },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
});
