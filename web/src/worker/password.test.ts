import { expect, it, vi } from 'vitest'
import type { BaseTelegramClient } from '@mtcute/web'
import { checkPassword } from './password.js'

it('asks for a new question with each try, and sends a proof instead of the password', async () => {
  let asked = 0
  const call = vi.fn(async (request: { _: string; password?: unknown }) =>
    request._ === 'account.getPassword' ? { _: 'account.password', srpId: ++asked } : { _: 'auth.authorization' },
  )
  const computeSrpParams = vi.fn(async (question: { srpId: number }, password: string) => ({ proofFor: question.srpId, of: password.length }))
  const client = { call, computeSrpParams } as unknown as BaseTelegramClient
  await checkPassword(client, 'blue heron')
  await checkPassword(client, 'blue heron')
  const sent = call.mock.calls.map(([request]) => request).filter(({ _: name }) => name === 'auth.checkPassword')
  expect(sent.map(({ password }) => password)).toEqual([
    { proofFor: 1, of: 10 },
    { proofFor: 2, of: 10 },
  ])
})
