import { fileURLToPath } from 'node:url'

import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vitest/config'

// Where `npm run dev` finds the API: the address that `make run` prints.
const backend = process.env.IPS_URL ?? 'http://127.0.0.1:8000'

// Tests run without a single style: Node loads Element Plus as it is, which takes a tenth of transforming it.
const importStyle = process.env.VITEST ? false : 'css'

export default defineConfig({
  plugins: [
    vue(),
    Components({ dirs: [], dts: 'src/components.d.ts', resolvers: [ElementPlusResolver({ importStyle })] }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // assetsInlineLimit 0: an inlined data: URL would need a hole in the content security policy.
  build: { target: 'es2022', assetsDir: 'assets', assetsInlineLimit: 0, reportCompressedSize: false },
  server: { proxy: { '/api': backend, '/admin': backend, '/static': backend } },
  test: {
    environment: 'jsdom',
    include: ['tests/unit/**/*.test.ts'],
    restoreMocks: true,
    // One browser for all files: they leave nothing behind, and a new one for each takes longer than all the tests.
    isolate: false,
    testTimeout: 30_000,
  },
})
