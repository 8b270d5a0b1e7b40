import { language, n, t } from '../i18n/i18n.js'
import { dialog } from '../chats/dialogs.js'
import { go } from '../app/route.js'
import { AlbumView } from '../media/AlbumView.js'
import { MediaView } from '../media/MediaView.js'
import { Avatar } from '../peers/Avatar.js'
import { isUser, keyOf, type PeerKey } from '../peers/key.js'
import { Name } from '../peers/Name.js'
import { channel, nameOf, peer } from '../peers/peers.js'
import { self } from '../session/session.js'
import { Icon } from '../ui/Icon.js'
import { openMenu } from '../ui/Menu.js'
import { menuOf } from './actions.js'
import { captionOf } from './album.js'
import { openComments } from './comments.js'
import { history, type Place } from './history.js'
import { replyIdOf, senderOf, type AnyMessage } from './message.js'
import { happened, summary } from './summary.js'
import { Text } from './Text.js'

/**
 * One message, or those that were sent together as an album, of which `message` is the first. `joined` says that it
 * goes on with what the one above it said.
 */
export function Bubble(props: {
  message: AnyMessage
  album?: readonly AnyMessage[] | undefined
  place: Place
  joined: boolean
  marked: boolean
}) {
  const { message, place, joined, marked } = props
  if (message._ === 'messageService') return <p class="service">{happened(message)}</p>
  const sender = senderOf(message, self())
  const out = message.out === true && !message.post
  const inGroup = !isUser(place.chat) && channel(place.chat)?._ === 'channel' && !message.post
  const all = [message, ...(props.album ?? []).slice(1)].filter((one) => one._ === 'message')
  const worded = all.length > 1 ? captionOf(all) : message
  const commented = all.find(({ replies }) => replies?.comments)
  const menu = () => menuOf(message, place, all)
  const classes = ['message', out ? 'out' : 'in', joined && 'joined', marked && 'marked', message.post && 'post']
  return (
    <article class={classes.filter(Boolean).join(' ')} onContextMenu={(event) => openMenu(event, menu())}>
      {inGroup && !out && (
        <div class="face">
          {!joined && (
            <button type="button" class="bare" onClick={() => isUser(sender) && go({ chat: sender })} aria-label={nameOf(peer(sender).value)}>
              <Avatar of={sender} size={36} />
            </button>
          )}
        </div>
      )}
      <div class="bubble">
        {inGroup && !out && !joined && (
          <div class={`sender ink-${Number(sender.slice(1)) % 8}`}>
            <Name of={sender} />
          </div>
        )}
        {message.fwdFrom && <Forwarded from={message.fwdFrom} />}
        <Reply message={message} place={place} />
        {all.length > 1 ? <AlbumView messages={all} /> : message.media && <MediaView media={message.media} caption={message.message} />}
        {worded?.message ? (
          <Text text={worded.message} entities={worded.entities}>
            <Foot message={message} place={place} out={out} />
          </Text>
        ) : (
          <Foot message={message} place={place} out={out} />
        )}
        {message.post && commented?.replies && !place.thread && (
          <button type="button" class="comments" onClick={() => void openComments(place.chat, commented.id)}>
            <Icon name="comment" size={18} />
            {commented.replies.replies > 0 ? n('message.comments', commented.replies.replies) : t('message.comment')}
          </button>
        )}
      </div>
      <button type="button" class="round message-menu" aria-label={t('message.menu')} aria-haspopup="menu" onClick={(event) => openMenu(event, menu())}>
        <Icon name="more" size={18} />
      </button>
    </article>
  )
}

function Foot({ message, place, out }: { message: Extract<AnyMessage, { _: 'message' }>; place: Place; out: boolean }) {
  const moment = new Date(message.date * 1000)
  const listed = dialog(place.chat)
  const read = listed !== undefined && message.id <= listed.readOutbox
  const signature = message.postAuthor
  return (
    <footer class="foot">
      {signature && <bdi class="name">{signature}</bdi>}
      {message.views !== undefined && message.post && (
        <span class="views" title={n('message.views', message.views)}>
          <Icon name="eye" size={15} />
          <span aria-label={n('message.views', message.views)}>{compact(message.views)}</span>
        </span>
      )}
      {message.editDate && !message.editHide && <span>{t('message.edited')}</span>}
      <time dateTime={moment.toISOString()} title={moment.toLocaleString(language.value)}>
        {moment.toLocaleTimeString(language.value, { hour: '2-digit', minute: '2-digit' })}
      </time>
      {out && place.chat !== `u${self()}` && (
        <span class={read ? 'tick read' : 'tick'} role="img" aria-label={read ? t('message.read') : t('message.sent')}>
          <Icon name={read ? 'checks' : 'check'} size={16} />
        </span>
      )}
    </footer>
  )
}

const compact = (count: number): string => new Intl.NumberFormat(language.value, { notation: 'compact' }).format(count)

function Forwarded({ from }: { from: NonNullable<Extract<AnyMessage, { _: 'message' }>['fwdFrom']> }) {
  const origin: PeerKey | undefined = from.fromId && keyOf(from.fromId)
  return (
    <p class="forwarded">
      <Icon name="forward" size={15} />
      {t('message.forwarded')}{' '}
      {origin ? (
        <button type="button" class="link" onClick={() => go({ chat: origin, ...(from.channelPost ? { message: from.channelPost } : {}) })}>
          <Name of={origin} />
        </button>
      ) : (
        <bdi class="name">{from.fromName ?? t('peer.deleted')}</bdi>
      )}
    </p>
  )
}

function Reply({ message, place }: { message: AnyMessage; place: Place }) {
  const id = replyIdOf(message)
  // Under a post everything answers it; only what answers another comment says so.
  if (!id || id === place.thread) return null
  const answered = history(place).messages.value.find((one) => one.id === id)
  const to = () => go({ chat: place.chat, thread: place.thread, message: id })
  return (
    <button type="button" class="quote" onClick={to}>
      {answered ? (
        <>
          <strong>
            <Name of={senderOf(answered, self())} />
          </strong>
          <span class="line" dir="auto">{summary(answered)}</span>
        </>
      ) : (
        <span class="quiet">{t('message.answered')}</span>
      )}
    </button>
  )
}
