// Writes the service worker, which has to know the names of all other files of the build.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { transformWithEsbuild } from 'vite'

const source = new URL('../src/offline/service-worker.ts', import.meta.url)
const built = new URL('../../target/web/', import.meta.url)

const files = readdirSync(new URL('web/', built)).sort().map((name) => `/web/${name}`)
const page = readFileSync(new URL('index.html', built))
const version = createHash('sha256').update(page).update(files.join('\n')).digest('hex').slice(0, 16)
const { code } = await transformWithEsbuild(readFileSync(source, 'utf8'), source.pathname, {
  define: { FILES: JSON.stringify(files), VERSION: JSON.stringify(version) },
  format: 'iife',
  minify: true,
  sourcemap: false,
})
writeFileSync(new URL('service-worker.js', built), code)
console.log(`service worker of build ${version}, ${files.length} files`)
