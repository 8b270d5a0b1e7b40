import { describe, expect, it } from 'vitest'
import { Rows } from './rows.js'

const keys = (count: number) => Array.from({ length: count }, (_, at) => String(at))

describe('rows', () => {
  it('guesses the height of rows that were never drawn', () => {
    const rows = new Rows(50)
    rows.set(keys(10))
    expect(rows.total).toBe(500)
    expect(rows.between(120, 260)).toEqual([2, 6])
  })

  it('moves everything below a row that turns out higher', () => {
    const rows = new Rows(50)
    rows.set(keys(4))
    expect(rows.measure('1', 80)).toBe(true)
    expect([0, 1, 2, 3].map((at) => rows.top(at))).toEqual([0, 50, 130, 180])
    expect(rows.measure('1', 80)).toBe(false)
  })

  it('keeps known heights when older rows come in front', () => {
    const rows = new Rows(50)
    rows.set(['b', 'c'])
    rows.measure('b', 100)
    rows.set(['a', 'b', 'c'])
    expect(rows.topOf('c')).toBe(150)
    expect(rows.topOf('z')).toBeUndefined()
  })

  it('knows where each row is after any change of the list', () => {
    const rows = new Rows(10)
    const check = (list: string[]) => {
      rows.set(list)
      expect(list.map((key) => rows.topOf(key))).toEqual(list.map((_, at) => at * 10))
      expect(rows.total).toBe(list.length * 10)
    }
    check(['d', 'e'])
    check(['c', 'd', 'e'])
    check(['c', 'd', 'e', 'f', 'g'])
    check(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    check(['a', 'c', 'd', 'f', 'g'])
    expect(rows.topOf('b')).toBeUndefined()
    check(['z', 'a', 'c', 'x', 'f', 'g'])
    check([])
    check(['a'])
  })

  it('finds the row at a height, also beyond both ends', () => {
    const rows = new Rows(10)
    rows.set(keys(3))
    expect([-5, 0, 9, 10, 29, 500].map((y) => rows.at(y))).toEqual([0, 0, 0, 1, 2, 2])
    rows.set([])
    expect(rows.between(0, 100)).toEqual([0, 0])
  })

  it('agrees with the plain sum after any measuring, over 100,000 rows', () => {
    const rows = new Rows(48)
    const heights = new Map<string, number>()
    rows.set(keys(100_000))
    let seed = 7
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let round = 0; round < 500; round++) {
      const key = String(random(100_000))
      const height = 20 + random(400)
      heights.set(key, height)
      rows.measure(key, height)
      const y = random(5_000_000)
      const at = rows.at(y)
      expect(rows.top(at)).toBeLessThanOrEqual(y)
      if (at + 1 < rows.length) expect(rows.top(at + 1)).toBeGreaterThan(y)
    }
    const sum = keys(100_000).reduce((all, key) => all + (heights.get(key) ?? 48), 0)
    expect(rows.total).toBe(sum)
  })
})
