import { beforeEach, expect, it } from 'vitest'
import { Shelf, trouble } from './shelf.js'

beforeEach(() => (trouble.value = undefined))

/** Storage that the browser blocks: asking for it throws, as private windows do. */
const blocked = {
  open() {
    throw new DOMException('denied', 'SecurityError')
  },
} as unknown as IDBFactory

it('keeps values in memory where storage is blocked, and says so', async () => {
  const shelf = new Shelf(() => blocked)
  await shelf.put('outbox', 'b', 2)
  await shelf.put('outbox', 'a', 1)
  expect(trouble.value).toBe('blocked')
  expect(await shelf.get('outbox', 'a')).toBe(1)
  expect(await shelf.all('outbox')).toEqual([2, 1])
  await shelf.delete('outbox', 'b')
  expect(await shelf.all('outbox')).toEqual([1])
  await shelf.clear()
  expect(await shelf.get('outbox', 'a')).toBeUndefined()
})

it('takes a browser that refuses even to be asked for one that blocks', async () => {
  const shelf = new Shelf(() => {
    throw new DOMException('denied', 'SecurityError')
  })
  await shelf.put('outbox', 'a', 1)
  expect(trouble.value).toBe('blocked')
  expect(await shelf.get('outbox', 'a')).toBe(1)
})
