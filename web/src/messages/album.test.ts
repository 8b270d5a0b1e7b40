import { expect, it } from 'vitest'
import type { tl } from '@mtcute/tl'
import { albumAt, captionOf, headOf, linesOf } from './album.js'

function message(id: number, album?: number, text = ''): tl.RawMessage {
  const groupedId = album === undefined ? undefined : ({ low: album, high: 7, unsigned: false } as unknown as tl.Long)
  return { _: 'message', id, date: id, peerId: { _: 'peerUser', userId: 2 }, message: text, groupedId }
}

it('takes together what was sent together, and nothing else', () => {
  const list = [message(1), message(2, 5), message(3, 5), message(4, 6), message(5)]
  expect(albumAt(list, 0).map(({ id }) => id)).toEqual([1])
  expect(albumAt(list, 1).map(({ id }) => id)).toEqual([2, 3])
  expect(albumAt(list, 3).map(({ id }) => id)).toEqual([4])
})

it('finds the beginning of an album for any message in it', () => {
  const list = [message(1), message(2, 5), message(3, 5), message(4, 5)]
  expect([1, 2, 3, 4].map((id) => headOf(list, id))).toEqual([1, 2, 2, 2])
  expect(headOf(list, 99)).toBe(99)
})

it('takes the words of one picture for those of the album, not the words of several', () => {
  expect(captionOf([message(1, 5), message(2, 5, 'all three')])?.id).toBe(2)
  expect(captionOf([message(1, 5, 'this'), message(2, 5, 'that')])).toBeUndefined()
})

it('fills each line of an album of every size', () => {
  for (let count = 2; count <= 10; count++) {
    const lines = linesOf(count)
    expect(lines.reduce((sum, line) => sum + line)).toBe(count)
    expect(lines.filter((line) => line === 1).length).toBe(count === 3 ? 1 : 0)
  }
})
