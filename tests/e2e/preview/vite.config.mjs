/** Serves the preview page with the renderer's own plugins and aliases. */
import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const root = resolve(import.meta.dirname, '../../..')

export default defineConfig({
  root: import.meta.dirname,
  publicDir: resolve(root, 'src-renderer/public'),
  cacheDir: resolve(root, 'node_modules/.vite-preview'),
  plugins: [vue(), tailwindcss()],
  resolve: {
    alias: {
      '@': resolve(root, 'src-renderer/src'),
      '@contract': resolve(root, 'src-preload/contract/index.ts'),
    },
  },
  server: { host: '127.0.0.1', fs: { allow: [root] } },
})
