import { beforeEach, expect, it, vi } from 'vitest'

type Listener = (event: Record<string, unknown>) => void
const listeners = new Map<string, Listener>()
const kept = new Map<string, Map<string, Response>>()
const path = (request: string | { url: string }) => (typeof request === 'string' ? request : new URL(request.url).pathname)
const origin = 'https://here.example'

vi.stubGlobal('FILES', ['/web/index-1.js', '/web/worker-1.js'])
vi.stubGlobal('VERSION', 'one')
vi.stubGlobal('self', {
  location: { origin },
  addEventListener: (name: string, listener: Listener) => listeners.set(name, listener),
  skipWaiting: async () => undefined,
})
vi.stubGlobal('caches', {
  open: async (name: string) => {
    const files = kept.get(name) ?? new Map<string, Response>()
    kept.set(name, files)
    return {
      put: async (key: string, answer: Response) => files.set(key, answer),
      addAll: async (paths: string[]) => paths.forEach((one) => files.set(one, new Response(`kept ${one}`))),
    }
  },
  keys: async () => [...kept.keys()],
  delete: async (name: string) => kept.delete(name),
  match: async (request: string | { url: string }, { cacheName }: { cacheName: string }) => kept.get(cacheName)?.get(path(request))?.clone(),
})
await import('./service-worker.js')

/** Lets the service worker do what an event asks for. */
async function happens(name: 'install' | 'activate'): Promise<void> {
  let done: unknown
  listeners.get(name)!({ waitUntil: (work: unknown) => (done = work) })
  await done
}

/** What the service worker answers a request with; nothing where it leaves that to the server. */
async function answer(url: string, more: { method?: string; mode?: string } = {}): Promise<string | undefined> {
  let answered: Promise<Response> | undefined
  const request = { method: 'GET', mode: 'cors', url: new URL(url, origin).href, ...more }
  listeners.get('fetch')!({ request, respondWith: (response: Promise<Response>) => (answered = response) })
  return answered && (await answered).text()
}

const opened = { mode: 'navigate' }
const server = vi.fn<(request: unknown) => Promise<Response>>()
vi.stubGlobal('fetch', server)

beforeEach(async () => {
  kept.clear()
  server.mockReset().mockImplementation(async () => new Response('<script src="/web/index-1.js">'))
  await happens('install')
})

it('keeps the page and the files of its own build', () => {
  expect([...kept.keys()]).toEqual(['heliograph page one'])
  expect([...kept.get('heliograph page one')!.keys()]).toEqual(['/web/index-1.js', '/web/worker-1.js', '/'])
})

it('keeps nothing when the server has another build already', async () => {
  kept.clear()
  server.mockImplementation(async () => new Response('<script src="/web/index-2.js">'))
  await expect(happens('install')).rejects.toThrow('another build')
  expect(kept.size).toBe(0)
})

it('shows the page of the server while there is one, and else the kept one', async () => {
  server.mockImplementation(async () => new Response('fresh'))
  expect(await answer('/', opened)).toBe('fresh')
  server.mockImplementation(async () => new Response('bad gateway', { status: 502 }))
  expect(await answer('/', opened)).toContain('index-1')
  server.mockImplementation(async () => Promise.reject(new TypeError('no network')))
  expect(await answer('/', opened)).toContain('index-1')
})

it('does not wait for ever for a server that says nothing', async () => {
  vi.useFakeTimers()
  server.mockImplementation(() => new Promise(() => undefined))
  const waiting = answer('/', opened)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(await waiting).toContain('index-1')
  vi.useRealTimers()
})

it('answers for its own files, and for nothing else', async () => {
  expect(await answer('/web/worker-1.js')).toBe('kept /web/worker-1.js')
  for (const other of ['/web/facts.json', '/transparency', '/web/index-2.js', 'https://elsewhere.example/web/index-1.js']) {
    expect(await answer(other)).toBeUndefined()
  }
  expect(await answer('/transparency', opened)).toBeUndefined()
  expect(await answer('/api', { method: 'POST' })).toBeUndefined()
})

it('forgets the files of earlier builds, and nothing of others', async () => {
  kept.set('heliograph page zero', new Map()).set('somebody else', new Map())
  await happens('activate')
  expect([...kept.keys()].sort()).toEqual(['heliograph page one', 'somebody else'])
})
