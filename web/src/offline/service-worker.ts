/**
 * Lets the page open while the server is away: it keeps the files of one build, the same for everybody, and nothing of
 * people. What people wrote and read lies in IndexedDB, where the page itself keeps it.
 *
 * `build/service-worker.mjs` fills in what this build consists of.
 */

// Names nothing to anybody; it makes the names below this file's own.
export {}

/** The addresses of all files of this build. Their names change with their content. */
declare const FILES: readonly string[]
/** Changes with any of the files. */
declare const VERSION: string

const worker = self as unknown as ServiceWorkerGlobalScope
const PAGE = '/'
const CACHES = 'heliograph page '
const CACHE = CACHES + VERSION
/** How long the server may take to answer with the page, in milliseconds, before the page of last time is shown. */
const PATIENCE_MS = 3_000

worker.addEventListener('install', (event) => event.waitUntil(keep()))
worker.addEventListener('activate', (event) => event.waitUntil(forgetOthers()))
worker.addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request
  const { origin, pathname } = new URL(url)
  // Everything else, the calls above all, goes to the server as if there were no service worker.
  if (method !== 'GET' || origin !== worker.location.origin) return
  if (pathname === PAGE && mode === 'navigate') event.respondWith(page(event.request))
  else if (FILES.includes(pathname)) event.respondWith(file(event.request))
})

async function keep(): Promise<void> {
  const page = await fetch(PAGE, { cache: 'no-cache' })
  const named = (await page.clone().text()).match(/\/web\/[\w.-]+/g) ?? []
  // A server that was replaced meanwhile has another page; its own service worker will keep that.
  if (!page.ok || !named.every((name) => FILES.includes(name))) throw new Error('a page of another build')
  const cache = await caches.open(CACHE)
  await cache.addAll(FILES)
  await cache.put(PAGE, page)
  // The page is loaded anew from a new server each time, so its service worker need not wait for old tabs to close.
  await worker.skipWaiting()
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name.startsWith(CACHES) && name !== CACHE).map((name) => caches.delete(name)))
}

/** The page as the server has it now. Only where it does not answer, the one of last time. */
async function page(request: Request): Promise<Response> {
  const kept = await caches.match(PAGE, { cacheName: CACHE })
  if (!kept) return fetch(request)
  const fresh = fetch(request).then((answer) => (answer.status < 500 ? answer : kept), () => kept)
  const patience = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), PATIENCE_MS))
  return Promise.race([fresh, patience])
}

async function file(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: CACHE, ignoreVary: true })) ?? fetch(request)
}
