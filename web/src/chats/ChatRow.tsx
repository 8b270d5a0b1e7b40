import { language, n, t } from '../i18n/i18n.js'
import { go, route } from '../app/route.js'
import { senderOf } from '../messages/message.js'
import { summary } from '../messages/summary.js'
import { waitingFor } from '../messages/outbox.js'
import { Avatar } from '../peers/Avatar.js'
import { isUser, userKey } from '../peers/key.js'
import { Name } from '../peers/Name.js'
import { channel, nameOf, peer, user } from '../peers/peers.js'
import { self } from '../session/session.js'
import { Icon } from '../ui/Icon.js'
import { openMenu } from '../ui/Menu.js'
import { chatMenu } from './actions.js'
import { isMuted, type Dialog } from './dialogs.js'
import { now } from './now.js'
import { typingLine } from './subtitle.js'

/** A chat in the list. */
export function ChatRow({ dialog }: { dialog: Dialog }) {
  const { key } = dialog
  const open = route.value.chat === key
  const muted = isMuted(dialog)
  return (
    <li>
      <button
        type="button"
        class={open ? 'row open' : 'row'}
        aria-current={open ? 'true' : undefined}
        onClick={() => go({ chat: key })}
        onContextMenu={(event) => openMenu(event, chatMenu(key))}
      >
        <span class="row-face">
          <Avatar of={key} chat />
          {online(dialog) && <span class="online" role="img" aria-label={t('chat.online')} />}
        </span>
        <span class="row-words">
          <span class="row-top">
            <span class="row-name">
              <Name of={key} chat />
              {muted && <Icon name="mute" size={15} />}
            </span>
            <Ticks dialog={dialog} />
            {dialog.top && <time class="row-time">{shortTime(dialog.top.date)}</time>}
          </span>
          <span class="row-bottom">
            <LastLine dialog={dialog} />
            {dialog.mentions > 0 && <span class="count mention" role="img" aria-label={n('chat.mentions', dialog.mentions)}>@</span>}
            {dialog.unread > 0 ? (
              <span class={muted ? 'count muted' : 'count'}>
                <span aria-hidden="true">{dialog.unread > 999 ? '999+' : dialog.unread}</span>
                <span class="unseen">{n('chat.unread_count', dialog.unread)}</span>
              </span>
            ) : dialog.marked ? (
              <span class="count dot" role="img" aria-label={t('chat.marked')} />
            ) : (
              dialog.pinned !== undefined && <span class="pinned" role="img" aria-label={t('chat.pinned')}><Icon name="pin" size={16} /></span>
            )}
          </span>
        </span>
      </button>
    </li>
  )
}

function online({ key }: Dialog): boolean {
  if (!isUser(key) || key === userKey(self())) return false
  const status = user(Number(key.slice(1)))?.status
  return status?._ === 'userStatusOnline' && status.expires > now.value
}

function Ticks({ dialog: { key, top, readOutbox } }: { dialog: Dialog }) {
  if (!top?.out || top._ !== 'message' || key === userKey(self()) || top.post) return null
  const read = top.id <= readOutbox
  return (
    <span class={read ? 'tick read' : 'tick'} role="img" aria-label={read ? t('message.read') : t('message.sent')}>
      <Icon name={read ? 'checks' : 'check'} size={16} />
    </span>
  )
}

function LastLine({ dialog }: { dialog: Dialog }) {
  const { key, top, draft } = dialog
  const typed = typingLine(key)
  if (typed) return <span class="line typing">{typed}</span>
  if (waitingFor({ chat: key }).length > 0) return <span class="line quiet">{t('message.waiting')}</span>
  if (draft?.message && route.value.chat !== key) {
    return (
      <span class="line" dir="auto">
        <span class="draft">{t('chat.draft')}</span> {draft.message.slice(0, 100)}
      </span>
    )
  }
  if (!top) return <span class="line quiet">{t('chat.no_messages')}</span>
  const sender = senderOf(top, self())
  const inGroup = !isUser(key) && channel(key)?._ === 'channel' && sender !== key && top._ === 'message'
  return (
    <span class="line quiet" dir="auto">
      {inGroup && <span class="row-sender">{top.out ? t('chat.you') : nameOf(peer(sender).value)}: </span>}
      {summary(top)}
    </span>
  )
}

/** The time today, the weekday this week, else the date. */
export function shortTime(at: number, from = new Date()): string {
  const moment = new Date(at * 1000)
  if (moment.toDateString() === from.toDateString()) {
    return moment.toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit' })
  }
  const days = (from.getTime() - moment.getTime()) / 86_400_000
  if (days >= 0 && days < 6) return moment.toLocaleDateString(language.value, { weekday: 'short' })
  return moment.toLocaleDateString(language.value, { day: '2-digit', month: '2-digit', year: '2-digit' })
}
