import { expect, it } from 'vitest'
import type { tl } from '@mtcute/tl'
import { rowsOf } from './chat-rows.js'

function message(id: number, album?: number): tl.RawMessage {
  const groupedId = album === undefined ? undefined : ({ low: album, high: 0, unsigned: false } as unknown as tl.Long)
  return { _: 'message', id, date: 1_000 + id, peerId: { _: 'peerUser', userId: 2 }, message: '', groupedId }
}

const shown = (messages: tl.RawMessage[], readUpTo?: number) =>
  rowsOf(messages, [], readUpTo, 1).map((row) => (row.is === 'message' ? [row.key, row.album?.length ?? 1] : [row.key]))

it('shows an album in one row, with the number of its first message', () => {
  expect(shown([message(1), message(2, 9), message(3, 9), message(4)])).toEqual([['1', 1], ['2', 2], ['4', 1]])
})

it('takes another picture of the album into its row', () => {
  const [first, second, third] = [message(2, 9), message(3, 9), message(4, 9)]
  expect(shown([first, second])).toEqual([['2', 2]])
  expect(shown([first, second, third])).toEqual([['2', 3]])
})

it('makes rows anew only where something changed', () => {
  const [first, second] = [message(1), message(2)]
  const before = rowsOf([first, second], [], undefined, 1)
  const after = rowsOf([first, second, message(3)], [], undefined, 1)
  expect(after.slice(0, 2)).toEqual(before)
  expect(after[0]).toBe(before[0])
  expect(after[1]).toBe(before[1])
})

it('draws the line for what is new once, above the first of it', () => {
  const rows = rowsOf([message(1), message(2), message(3)], [], 1, 1)
  expect(rows.map((row) => row.is === 'message' && row.unread)).toEqual([false, true, false])
})
