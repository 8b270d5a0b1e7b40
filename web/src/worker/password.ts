import type { BaseTelegramClient } from '@mtcute/web'
import type { tl } from '@mtcute/tl'
import { changeCloudPassword, enableCloudPassword, removeCloudPassword } from '@mtcute/core/methods.js'

/** What is to become of the cloud password. Passwords stay in this browser: the server gets proofs made from them. */
export type PasswordChange =
  | { is: 'set'; fresh: string; hint: string }
  | { is: 'change'; current: string; fresh: string; hint: string }
  | { is: 'remove'; current: string }

/** Sets, changes or removes the cloud password of who is signed in. */
export function changePassword(client: BaseTelegramClient, change: PasswordChange): Promise<void> {
  switch (change.is) {
    case 'set':
      return enableCloudPassword(client, { password: change.fresh, hint: change.hint })
    case 'change':
      return changeCloudPassword(client, { currentPassword: change.current, newPassword: change.fresh, hint: change.hint })
    case 'remove':
      return removeCloudPassword(client, change.current)
  }
}

/** Shows the server that who signs in knows the password, after the code or the QR code was right. */
export async function checkPassword(client: BaseTelegramClient, password: string): Promise<tl.auth.RawAuthorization> {
  // Each try needs a question of its own.
  const question = await client.call({ _: 'account.getPassword' })
  const proof = await client.computeSrpParams(question, password)
  const answer = await client.call({ _: 'auth.checkPassword', password: proof })
  if (answer._ !== 'auth.authorization') throw new Error('a right password that signs nobody in')
  return answer
}
