import { expect, it, vi } from 'vitest'

vi.stubGlobal('navigator', { languages: ['en'] })
vi.mock('../session/session.js', () => ({ call: vi.fn(), changePassword: vi.fn(), facts: { value: undefined } }))
const { wrongIn } = await import('./CloudPassword.js')

it('takes a password that was typed twice, and a hint that does not tell it', () => {
  expect(wrongIn('correct horse', 'correct horse', 'an animal')).toBeUndefined()
})

it('refuses a short password, a slip of the finger, and a hint that holds the password', () => {
  expect(wrongIn('1234567', '1234567', '')).toContain('at least 8')
  expect(wrongIn('correct horse', 'correct hores', '')).toContain('not the same')
  expect(wrongIn('correct horse', 'correct horse', 'it is Correct Horse!')).toContain('hint')
})
