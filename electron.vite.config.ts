import { resolve } from 'node:path'
import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'

const here = (path: string): string => resolve(import.meta.dirname, path)

/**
 * The same main-process chunks run inside Electron and under plain Node, so the target is Node 22.
 * Threads are named inputs: their files keep a fixed place in the output, which
 * `src-main/app/thread-url.ts` relies on.
 */
export default defineConfig({
  main: {
    publicDir: false,
    build: {
      target: 'node22',
      outDir: here('out/main'),
      rolldownOptions: {
        input: {
          index: here('src-main/index.ts'),
          headless: here('src-main/headless.ts'),
          'threads/mining.thread': here('src-main/app/threads/mining.thread.ts'),
          'threads/history.thread': here('src-main/app/threads/history.thread.ts'),
          'threads/reader.thread': here('src-main/app/threads/reader.thread.ts'),
          'threads/hashing.thread': here('src-main/app/threads/hashing.thread.ts'),
          'threads/safety.thread': here('src-main/app/threads/safety.thread.ts'),
          'threads/boards.thread': here('src-main/app/threads/boards.thread.ts'),
        },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false,
      outDir: here('out/preload'),
      rolldownOptions: {
        input: { index: here('src-preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: here('src-renderer'),
    plugins: [vue(), tailwindcss()],
    resolve: {
      alias: { '@': here('src-renderer/src'), '@contract': here('src-preload/contract/index.ts') },
    },
    build: {
      outDir: here('out/renderer'),
      minify: true,
      rolldownOptions: { input: here('src-renderer/index.html') },
    },
  },
})
