import { expect, it, vi } from 'vitest'
import type { AnyMessage } from './message.js'

vi.mock('../session/session.js', () => ({ call: vi.fn(), self: () => 1 }))
vi.mock('../storage/shelf.js', () => ({ shelf: { put: vi.fn(), get: vi.fn() } }))
vi.mock('../peers/peers.js', () => ({ inputChannel: () => ({}), inputPeer: () => ({}), learn: vi.fn(), noteSeen: vi.fn() }))
const { call } = await import('../session/session.js')
const { History, inserted } = await import('./history.js')

const message = (id: number): AnyMessage => ({ _: 'message', id, peerId: { _: 'peerUser', userId: 2 }, date: id, message: '' })
const ids = (list: readonly AnyMessage[]) => list.map(({ id }) => id)

/** A server with messages 1 to `count`, that understands offsets as the protocol has them. */
function serve(count: number) {
  const all = Array.from({ length: count }, (_, at) => message(count - at))
  vi.mocked(call).mockImplementation((request) => {
    const { offsetId, addOffset, limit } = request as unknown as { offsetId: number; addOffset: number; limit: number }
    const from = offsetId === 0 ? 0 : all.filter(({ id }) => id >= offsetId).length
    const start = Math.max(0, from + addOffset)
    const messages = all.slice(start, Math.max(start, from + addOffset + limit))
    return Promise.resolve({ _: 'messages.messages', messages, users: [], chats: [] }) as never
  })
}

it('reaches both ends of a chat page by page, and holds each message once', async () => {
  serve(500)
  const history = new History({ chat: 'u2' })
  await history.loadNewest()
  expect(ids(history.messages.value).at(-1)).toBe(500)
  while (!history.atTop.value) await history.loadOlder()
  expect(ids(history.messages.value)).toEqual(Array.from({ length: 500 }, (_, at) => at + 1))
})

it('goes to a message in the middle, and from there to the end', async () => {
  serve(500)
  const history = new History({ chat: 'u2' })
  await history.loadAround(250)
  expect(ids(history.messages.value)).toContain(250)
  expect(history.atBottom.value).toBe(false)
  while (!history.atBottom.value) await history.loadNewer()
  const list = ids(history.messages.value)
  expect(list.at(-1)).toBe(500)
  expect(new Set(list).size).toBe(list.length)
})

it('does not tear a hole when a new message comes while people read old ones', async () => {
  serve(500)
  const history = new History({ chat: 'u2' })
  await history.loadAround(100)
  history.add(message(501))
  expect(ids(history.messages.value)).not.toContain(501)
})

it('drops what an earlier question brings after a later one', async () => {
  serve(500)
  const history = new History({ chat: 'u2' })
  await Promise.all([history.loadAround(100), history.loadNewest()])
  expect(ids(history.messages.value).at(-1)).toBe(500)
  expect(ids(history.messages.value)).not.toContain(100)
})

it('does not go on with what this browser kept while the newest messages come', async () => {
  serve(500)
  const history = new History({ chat: 'u2' })
  history.messages.value = Array.from({ length: 60 }, (_, at) => message(at + 1))
  await Promise.all([history.loadNewest(), history.loadNewer(), history.loadOlder()])
  expect(ids(history.messages.value)).toEqual(Array.from({ length: 60 }, (_, at) => at + 441))
})

it('says that it failed, and loads when it is asked again', async () => {
  vi.mocked(call).mockRejectedValueOnce(new Error('gone'))
  const history = new History({ chat: 'u2' })
  await history.loadNewest()
  expect(history.failed.value).toBeInstanceOf(Error)
  serve(3)
  await history.loadNewest()
  expect(history.failed.value).toBeUndefined()
  expect(ids(history.messages.value)).toEqual([1, 2, 3])
})

it('shows the post above its first comment', async () => {
  serve(130)
  const served = vi.mocked(call).getMockImplementation()!
  vi.mocked(call).mockImplementation(((request: { _: string }) =>
    request._ === 'channels.getMessages'
      ? Promise.resolve({ _: 'messages.messages', messages: [message(0)], users: [], chats: [] })
      : served(request as never)) as never)
  const history = new History({ chat: 'c2', thread: 7 })
  await history.loadNewest()
  expect(ids(history.messages.value)[0]).toBe(71)
  while (!history.atTop.value) await history.loadOlder()
  expect(ids(history.messages.value)).toEqual(Array.from({ length: 131 }, (_, at) => at))
})

it('puts a message in its place, and replaces one that is there', () => {
  const list = [message(1), message(3)]
  expect(ids(inserted(list, message(2)))).toEqual([1, 2, 3])
  expect(ids(inserted(list, message(3)))).toEqual([1, 3])
  expect(ids(inserted([], message(3)))).toEqual([3])
})
