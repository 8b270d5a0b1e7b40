import { expect, it } from 'vitest'
import { behind } from './facts.js'

const noon = Date.UTC(2026, 10, 22, 12)
const told = 'Sun, 22 Nov 2026 12:00:00 GMT'

it('believes a clock that is nearly right', () => {
  expect(behind(told, noon + 30_000)).toBe(0)
})

it('notices a clock that is a day fast or slow', () => {
  expect(behind(told, noon + 86_400_000)).toBe(-86_400_000)
  expect(behind(told, noon - 86_400_000)).toBe(86_400_000)
})

it('believes a clock when it is told nothing', () => {
  expect(behind(null, noon)).toBe(0)
  expect(behind('no date', noon)).toBe(0)
})
