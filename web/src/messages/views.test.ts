import { expect, it, vi } from 'vitest'
import type { AnyMessage } from './message.js'

vi.mock('../session/session.js', () => ({ call: vi.fn(), self: () => 1 }))
vi.mock('../storage/shelf.js', () => ({ shelf: { put: vi.fn(), get: vi.fn() } }))
vi.mock('../peers/peers.js', () => ({ inputChannel: () => ({}), inputPeer: () => ({}), learn: vi.fn(), noteSeen: vi.fn() }))
const { call } = await import('../session/session.js')
const { history } = await import('./history.js')
const { Views } = await import('./views.js')

const post = (id: number): AnyMessage => ({ _: 'message', id, post: true, peerId: { _: 'peerChannel', channelId: 5 }, date: id, message: '' })

/** What was asked for: which posts, and whether they were to be counted. */
const asked = () => vi.mocked(call).mock.calls.map(([request]) => request as unknown as { id: number[]; increment: boolean })

it('counts posts once that stay in sight, and fetches their numbers anew', async () => {
  vi.useFakeTimers()
  const page = { visibilityState: 'visible' }
  vi.stubGlobal('document', page)
  let views = 7
  vi.mocked(call).mockImplementation((request) => {
    const { id } = request as unknown as { id: number[] }
    return Promise.resolve({ views: id.map(() => ({ views: views++ })), users: [], chats: [] }) as never
  })
  const list = history({ chat: 'c5' })
  list.messages.value = [post(1), post(2)]
  const sight = new Views('c5')
  sight.see([1])
  sight.see([1, 2])
  await vi.advanceTimersByTimeAsync(1_500)
  expect(asked()).toMatchObject([{ id: [1, 2], increment: true }])
  expect(list.messages.value).toMatchObject([{ views: 7 }, { views: 8 }])

  // Nobody looks at a page in the background.
  page.visibilityState = 'hidden'
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked()).toHaveLength(1)
  page.visibilityState = 'visible'
  await vi.advanceTimersByTimeAsync(20_000)
  expect(asked()[1]).toMatchObject({ id: [1, 2], increment: false })
  expect(list.messages.value).toMatchObject([{ views: 9 }, { views: 10 }])

  sight.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked()).toHaveLength(2)
  vi.useRealTimers()
})
