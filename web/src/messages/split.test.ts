import { expect, it } from 'vitest'
import { split } from './split.js'

it('leaves a short text alone', () => {
  expect(split('  hello\nyou ')).toEqual(['hello\nyou'])
  expect(split(' \n ')).toEqual([])
})

it('cuts ten thousand lines at line ends and loses none', () => {
  const lines = Array.from({ length: 10_000 }, (_, at) => `line ${at}`)
  const pieces = split(lines.join('\n'))
  expect(pieces.every((piece) => piece.length <= 4096)).toBe(true)
  expect(pieces.join('\n').split('\n')).toEqual(lines)
})

it('never cuts a character in two', () => {
  const pieces = split('🙂'.repeat(3_000), 99)
  expect(pieces.join('')).toBe('🙂'.repeat(3_000))
  expect(pieces.every((piece) => piece.length <= 99 && piece.isWellFormed())).toBe(true)
})

it('cuts at a space when there is no line end', () => {
  expect(split('aaaa bbbb cccc', 10)).toEqual(['aaaa bbbb', 'cccc'])
})
