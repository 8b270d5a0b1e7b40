import { expect, it, vi } from 'vitest'
import type { Dialog } from './dialogs.js'

vi.mock('../session/session.js', () => ({ call: vi.fn(), self: () => 1 }))
vi.mock('../storage/shelf.js', () => ({ shelf: { put: vi.fn(), get: vi.fn() } }))
vi.mock('../peers/peers.js', () => ({ inputPeer: vi.fn(), learn: vi.fn(), noteSeen: vi.fn(), peer: vi.fn() }))
const { isMuted, sorted } = await import('./dialogs.js')

function dialog(key: Dialog['key'], more: Partial<Dialog> & { date?: number } = {}): Dialog {
  const { date = 0, ...rest } = more
  const top = { _: 'message', id: date, date, peerId: { _: 'peerUser', userId: 1 }, message: '' } as const
  return { key, top, unread: 0, mentions: 0, marked: false, readInbox: 0, readOutbox: 0, pinned: undefined, draft: undefined, mutedUntil: 0, ...rest }
}

it('shows pinned chats first, in their order, then the newest', () => {
  const list = [
    dialog('u1', { date: 5 }),
    dialog('u2', { date: 9 }),
    dialog('u3', { date: 1, pinned: 1 }),
    dialog('u4', { date: 2, pinned: 0 }),
  ]
  expect(sorted(list).map(({ key }) => key)).toEqual(['u4', 'u3', 'u2', 'u1'])
})

it('counts a draft as something new', () => {
  const draft = { _: 'draftMessage', message: 'x', date: 20 } as const
  const list = [dialog('u1', { date: 10 }), dialog('u2', { date: 5, draft })]
  expect(sorted(list).map(({ key }) => key)).toEqual(['u2', 'u1'])
})

it('is muted until the moment it is not', () => {
  expect(isMuted(dialog('u1', { mutedUntil: 100 }), 99)).toBe(true)
  expect(isMuted(dialog('u1', { mutedUntil: 100 }), 100)).toBe(false)
})
