import { describe, expect, it } from 'vitest'
import { calm, initials } from './calm.js'

describe('calm', () => {
  it('takes out what would turn the text behind a name', () => {
    expect(calm('\u202eadA\u2066')).toBe('adA')
  })

  it('cuts piles of marks, and leaves letters of every language', () => {
    expect(calm(`Z${'\u0300'.repeat(40)}`)).toBe(`Z${'\u0300'.repeat(3)}`)
    for (const name of ['Việt', 'नमस्ते', 'שָׁלוֹם', 'Zoë', '王小明']) expect(calm(name)).toBe(name)
  })

  it('makes one line of several, and leaves tags as letters', () => {
    expect(calm('a\n\n\tb')).toBe('a b')
    expect(calm('<script>alert(1)</script>')).toBe('<script>alert(1)</script>')
  })
})

describe('initials', () => {
  it('takes the first letters of the first and last word', () => {
    expect(initials('Ada King Lovelace')).toBe('AL')
    expect(initials('ada')).toBe('A')
    expect(initials('🙂 ben')).toBe('B')
    expect(initials('🙂')).toBe('')
  })
})
