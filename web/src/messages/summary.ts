import { t, type Key } from '../i18n/i18n.js'
import { nameOf, peer } from '../peers/peers.js'
import { userKey } from '../peers/key.js'
import { fileName, isImage, isVoice, played } from '../media/describe.js'
import { self } from '../session/session.js'
import { senderOf, type AnyMessage } from './message.js'

/** How much of a text one line takes. */
const LINE = 200

/** A message in one line: its text, or what it holds. */
export function summary(message: AnyMessage): string {
  if (message._ === 'messageService') return happened(message)
  const text = message.message.slice(0, LINE).replace(/\s+/g, ' ').trim()
  const media = message.media
  if (!media || media._ === 'messageMediaEmpty' || media._ === 'messageMediaWebPage') return text
  const kind = kindOf(media)
  return text ? `${kind}, ${text}` : kind
}

function kindOf(media: Extract<AnyMessage, { _: 'message' }>['media'] & object): string {
  if (media._ === 'messageMediaPhoto') return t('media.photo')
  if (media._ === 'messageMediaDocument' && media.document?._ === 'document') {
    if (isImage(media.document)) return t('media.picture')
    if (isVoice(media.document)) return t('media.voice')
    return fileName(media.document) ?? (played(media.document) ? t('media.recording') : t('media.file'))
  }
  return t('media.other')
}

const ACTIONS: Partial<Record<string, Key>> = {
  messageActionChannelCreate: 'service.channel_created',
  messageActionChatAddUser: 'service.added',
  messageActionChatDeletePhoto: 'service.photo_deleted',
  messageActionChatDeleteUser: 'service.left',
  messageActionChatEditPhoto: 'service.photo',
  messageActionChatEditTitle: 'service.title',
  messageActionChatJoinedByLink: 'service.joined_by_link',
  messageActionChatJoinedByRequest: 'service.joined_by_link',
  messageActionContactSignUp: 'service.signed_up',
  messageActionHistoryClear: 'service.cleared',
  messageActionPinMessage: 'service.pinned',
}

/** What happened in a chat, as a sentence. */
export function happened(message: Extract<AnyMessage, { _: 'messageService' }>): string {
  const action = message.action
  const sender = senderOf(message, self())
  const who = nameOf(peer(sender).value)
  if (action._ === 'messageActionCustomAction') return action.message
  if (action._ === 'messageActionChatAddUser') {
    const [first] = action.users
    if (first !== undefined && userKey(first) === sender) return t('service.joined', { who })
    const whom = action.users.map((id) => nameOf(peer(userKey(id)).value)).join(', ')
    return t('service.added', { who, whom })
  }
  if (action._ === 'messageActionChatDeleteUser' && userKey(action.userId) !== sender) {
    return t('service.removed', { who, whom: nameOf(peer(userKey(action.userId)).value) })
  }
  const title = 'title' in action && typeof action.title === 'string' ? action.title : ''
  return t(ACTIONS[action._] ?? 'service.other', { who, title })
}
