import type { tl } from '@mtcute/tl'
import { describe, expect, it } from 'vitest'
import { address, pieces } from './entities.js'

const bold = (offset: number, length: number): tl.TypeMessageEntity => ({ _: 'messageEntityBold', offset, length })
const italic = (offset: number, length: number): tl.TypeMessageEntity => ({ _: 'messageEntityItalic', offset, length })
const shown = (text: string, entities: tl.TypeMessageEntity[]) =>
  pieces(text, entities).map(({ text, marks }) => [text, ...marks.map((mark) => mark._.slice('messageEntity'.length))])

describe('pieces', () => {
  it('cuts where marks begin and end', () => {
    expect(shown('one two three', [bold(4, 3)])).toEqual([['one '], ['two', 'Bold'], [' three']])
  })

  it('puts the longer mark outside', () => {
    expect(shown('abcd', [italic(1, 2), bold(0, 4)])).toEqual([
      ['a', 'Bold'],
      ['bc', 'Bold', 'Italic'],
      ['d', 'Bold'],
    ])
  })

  it('keeps both marks of a stretch that they share', () => {
    expect(shown('abcd', [bold(0, 3), italic(2, 2)])).toEqual([
      ['ab', 'Bold'],
      ['c', 'Bold', 'Italic'],
      ['d', 'Italic'],
    ])
  })

  it('ignores marks beyond the text', () => {
    expect(shown('abc', [bold(2, 5), bold(-1, 2), italic(0, 0)])).toEqual([['abc']])
  })
})

describe('address', () => {
  it('leads to web, mail and telephone, and nowhere else', () => {
    expect(address('example.org/a')).toBe('https://example.org/a')
    expect(address('http://example.org')).toBe('http://example.org/')
    expect(address('mailto:a@example.org')).toBe('mailto:a@example.org')
    for (const text of ['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'data:text/html,x', 'blob:x', 'file:///etc', 'https://']) {
      expect(address(text)).toBeUndefined()
    }
  })
})
