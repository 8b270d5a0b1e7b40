import { expect, it, vi } from 'vitest'

vi.mock('./session.js', () => ({ call: vi.fn(), facts: { value: undefined }, onUpdate: vi.fn(), signedIn: vi.fn() }))
const { base64url, tokenOf } = await import('./Qr.js')
const { digits } = await import('./Phone.js')

it('reads the token out of its own link, and out of nothing else', () => {
  const token = Uint8Array.from({ length: 32 }, (_, at) => 255 - at)
  expect(tokenOf(` tg://login?token=${base64url(token)} `)).toEqual(token)
  expect(tokenOf('https://example.org/?token=abc')).toBeUndefined()
  expect(tokenOf('tg://login?token=')).toBeUndefined()
})

it('takes numbers as people write them', () => {
  expect(digits('+49 (30) 123-4567')).toBe('49301234567')
  expect(digits('0049 30 1234567')).toBe('49301234567')
})
