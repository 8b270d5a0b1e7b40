import { defineConfig } from 'vite'

/** Where a server to develop against listens; `npm run dev` passes its calls on. */
const server = 'http://localhost:8443'

export default defineConfig({
  base: '/',
  build: {
    // Beside what cargo builds, where the server's build script looks for it.
    outDir: '../target/web',
    emptyOutDir: true,
    assetsDir: 'web',
    target: 'es2022',
    // A font or picture inside a style sheet would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  server: {
    proxy: {
      '/apiws': { target: server, ws: true },
      '/web/facts.json': { target: server },
      '/server.pub.pem': { target: server },
    },
  },
})
