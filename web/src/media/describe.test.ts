import { expect, it } from 'vitest'
import type { tl } from '@mtcute/tl'
import { clock, isVoice, lasts, played } from './describe.js'

function document(mimeType: string, size: number, attributes: tl.TypeDocumentAttribute[] = []): tl.RawDocument {
  return { _: 'document', mimeType, size, attributes } as unknown as tl.RawDocument
}

it('plays sound and video that browsers know, and nothing that is too large to be held', () => {
  expect(played(document('audio/ogg', 1_000))).toBe('audio')
  expect(played(document('video/mp4', 1_000))).toBe('video')
  expect(played(document('video/mp4', 500_000_000))).toBeUndefined()
  for (const other of ['text/html', 'image/svg+xml', 'video/x-unheard-of', 'audio/mpeg; x=y']) {
    expect(played(document(other, 1_000))).toBeUndefined()
  }
})

it('tells how long a recording lasts, and whether it was spoken', () => {
  const spoken = document('audio/ogg', 1, [{ _: 'documentAttributeAudio', voice: true, duration: 61 }])
  expect(isVoice(spoken)).toBe(true)
  expect(clock(lasts(spoken)!)).toBe('1:01')
  expect(clock(3_605)).toBe('1:00:05')
})
