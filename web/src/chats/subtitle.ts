import { language, n, t } from '../i18n/i18n.js'
import { typing } from '../messages/typing.js'
import { isUser, userKey, type PeerKey } from '../peers/key.js'
import { channel, nameOf, peer, type User } from '../peers/peers.js'
import { self } from '../session/session.js'
import { now } from './now.js'

/** What stands under the name of a chat: who types, who is online, how many are in it. */
export function subtitle(key: PeerKey): string {
  const typed = typingLine(key)
  if (typed) return typed
  if (key === userKey(self())) return t('chat.saved_hint')
  const found = peer(key).value
  if (isUser(key)) return found?._ === 'user' ? presence(found) : ''
  const known = channel(key)
  if (known?._ !== 'channel') return ''
  const count = known.participantsCount
  if (count === undefined) return known.broadcast ? t('chat.channel') : t('chat.group')
  return known.broadcast ? n('chat.subscribers', count) : n('chat.members', count)
}

/** Who types in a chat, or nothing. */
export function typingLine(key: PeerKey): string | undefined {
  const who = [...(typing.value.get(key) ?? [])]
  const [first] = who
  if (!first) return undefined
  if (isUser(key)) return t('chat.typing')
  if (who.length > 1) return n('chat.typing_many', who.length)
  return t('chat.typing_one', { who: nameOf(peer(first).value) })
}

/** When somebody was last here, as far as they let others know. */
export function presence(user: User): string {
  if (user.bot) return t('peer.bot')
  const status = user.status
  switch (status?._) {
    case 'userStatusOnline':
      return status.expires > now.value ? t('chat.online') : t('chat.recently')
    case 'userStatusOffline':
      return t('chat.last_seen', { when: ago(status.wasOnline, now.value) })
    case 'userStatusRecently':
      return t('chat.recently')
    case 'userStatusLastWeek':
      return t('chat.last_week')
    case 'userStatusLastMonth':
      return t('chat.last_month')
    default:
      return user.support || user.id === 777000 ? t('peer.service') : t('chat.long_ago')
  }
}

/** How long ago a moment was. */
export function ago(at: number, from: number): string {
  const seconds = Math.max(0, from - at)
  const format = new Intl.RelativeTimeFormat(language.value, { numeric: 'auto' })
  if (seconds < 60) return t('time.just_now')
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), 'minute')
  if (seconds < 86_400) return format.format(-Math.floor(seconds / 3600), 'hour')
  if (seconds < 30 * 86_400) return format.format(-Math.floor(seconds / 86_400), 'day')
  return new Date(at * 1000).toLocaleDateString(language.value)
}
