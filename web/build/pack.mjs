// Compresses what was built, and fails when the page has become too heavy to load.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

/** What all scripts of the page may take, in bytes as they travel. */
const SCRIPTS_MAX = 350_000

const folder = new URL('../../target/web/web/', import.meta.url)
let scripts = gzipSync(readFileSync(new URL('../service-worker.js', folder)), { level: 9 }).length
for (const name of readdirSync(folder)) {
  const file = new URL(name, folder)
  const plain = readFileSync(file)
  const gzip = gzipSync(plain, { level: 9 })
  const brotli = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } })
  // A few bytes less are not worth a second copy.
  if (gzip.length < plain.length * 0.95) {
    writeFileSync(new URL(`${name}.gz`, folder), gzip)
    writeFileSync(new URL(`${name}.br`, folder), brotli)
  }
  const isScript = /\.(js|wasm)$/.test(name)
  // Browsers load one of the two, the one that uses wider instructions where they have them.
  if (isScript && name.startsWith('mtcute-') === name.includes('simd')) scripts += gzip.length
  console.log(`${name.padEnd(36)} ${kilobytes(plain)}  gzip ${kilobytes(gzip)}  brotli ${kilobytes(brotli)}`)
}
console.log(`scripts: ${(scripts / 1000).toFixed(1)} kB compressed, at most ${SCRIPTS_MAX / 1000} kB`)
if (scripts > SCRIPTS_MAX) {
  console.error('the scripts of the page are too large')
  // Without it nothing takes the rest for a page that was built.
  rmSync(new URL('../index.html', folder))
  process.exit(1)
}

function kilobytes({ length }) {
  return `${(length / 1000).toFixed(1).padStart(7)} kB`
}
