import { expect, it, vi } from 'vitest'

vi.stubGlobal('location', { hash: '' })
vi.stubGlobal('addEventListener', () => undefined)
const { format, parse } = await import('./route.js')

it('reads back what it wrote', () => {
  for (const route of [{}, { chat: 'u7' }, { chat: 'c12', thread: 3 }, { chat: 'c12', message: 9 }, { page: 'settings' }] as const) {
    expect(parse(format(route))).toEqual(route)
  }
})

it('takes nothing that is no place', () => {
  for (const hash of ['#/x1', '#/u', '#/u0', '#/u1e5', '#/<script>', '#/c99999999999999999999', '#/settings2']) {
    expect(parse(hash)).toEqual({})
  }
  expect(parse('#/u5/abc?m=-1')).toEqual({ chat: 'u5' })
})
