import type { tl } from '@mtcute/tl'
import { isUser, type PeerKey } from '../../peers/key.js'
import { channel } from '../../peers/peers.js'

/** What somebody may change about a channel or group; nothing where they may change nothing. */
export function mayEdit(chat: PeerKey): boolean {
  if (isUser(chat)) return false
  const found = channel(chat)
  return found?._ === 'channel' && (found.creator === true || found.adminRights?.changeInfo === true)
}

/** What an admin who is made here may do: run the channel, but neither make other admins nor delete it. */
export function usualRights(broadcast: boolean): tl.RawChatAdminRights {
  const both = { _: 'chatAdminRights', changeInfo: true, deleteMessages: true, inviteUsers: true } as const
  return broadcast
    ? { ...both, postMessages: true, editMessages: true }
    : { ...both, banUsers: true, pinMessages: true }
}
