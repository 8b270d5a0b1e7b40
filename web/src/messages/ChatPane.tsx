import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { n, t, language } from '../i18n/i18n.js'
import { dialog } from '../chats/dialogs.js'
import { route } from '../app/route.js'
import { isBlocked, setBlocked } from '../peers/blocked.js'
import { channel, inputChannel } from '../peers/peers.js'
import { call, connection, self } from '../session/session.js'
import { inWords } from '../session/errors.js'
import { Icon } from '../ui/Icon.js'
import { sayError } from '../ui/toast.js'
import { canWrite, composing, markRead } from './actions.js'
import { headOf } from './album.js'
import { Bubble } from './Bubble.js'
import { rowsOf, type Row } from './chat-rows.js'
import { ChatHead } from './ChatHead.js'
import { Composer } from './Composer.js'
import { history, placeKey, type Place } from './history.js'
import { waitingFor } from './outbox.js'
import { Pending } from './Pending.js'
import { PinnedBar } from './PinnedBar.js'
import { Views } from './views.js'
import { VirtualList } from './VirtualList.js'

/** How long messages are in sight before the server is told, in milliseconds: many that come at once are told once. */
const READ_AFTER_MS = 200

/** An open chat, or the comments under a post. */
export function ChatPane({ place }: { place: Place }) {
  const list = useMemo(() => history(place), [placeKey(place)])
  const messages = list.messages.value
  const waiting = waitingFor(place)
  const at = route.value
  const wanted = at.message
  const firstUnread = useRef<number | undefined>(undefined)
  const [below, setBelow] = useState(false)
  const [target, setTarget] = useState<{ key: string } | { end: true } | undefined>(undefined)
  const lastSeen = useRef(0)
  const reading = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  useEffect(() => {
    const before = dialog(place.chat)
    firstUnread.current = before && before.unread > 0 && !place.thread ? before.readInbox : undefined
    void list.recall().then(() => (wanted ? list.loadAround(wanted) : list.loadNewest()))
  }, [list])

  // What could not be loaded without a connection is loaded with the next one.
  useEffect(
    () =>
      connection.subscribe((state) => {
        if (state === 'connected' && list.failed.peek()) void list.loadNewest()
      }),
    [list],
  )

  useEffect(() => {
    if (!wanted) return
    // Each time somebody asks for it, also when they have just been there.
    void list.loadAround(wanted).then(() => setTarget({ key: String(headOf(list.messages.peek(), wanted)) }))
  }, [at, list])

  // Who writes sees what they wrote.
  const written = waiting.at(-1)?.key
  useEffect(() => {
    if (!written) return
    setTarget({ end: true })
    if (!list.atBottom.peek() && !list.failed.peek()) void list.loadNewest()
  }, [written])

  const rows = useMemo(() => rowsOf(messages, waiting, firstUnread.current, self()), [messages, waiting.length, waiting])

  const read = () => {
    const last = lastSeen.current
    const known = dialog(place.chat)
    if (!known || place.thread || last <= known.readInbox || document.visibilityState !== 'visible') return
    if (known.unread === 0 && !known.marked) return
    const still = list.messages.peek().filter(({ id, out }) => id > last && !out).length
    markRead(place.chat, last, still).catch(() => undefined)
  }
  useEffect(() => {
    document.addEventListener('visibilitychange', read)
    return () => document.removeEventListener('visibilitychange', read)
  }, [list])

  const views = useMemo(() => new Views(place.chat), [list])
  useEffect(() => () => views.stop(), [views])

  const seen = (inSight: readonly Row[], atEnd: boolean) => {
    setBelow(!atEnd || !list.atBottom.peek())
    if (!place.thread) views.see(inSight.flatMap(postsOf))
    const row = inSight.at(-1)
    const newest = row?.is === 'message' ? (row.album?.at(-1) ?? row.message).id : 0
    if (newest > lastSeen.current) {
      lastSeen.current = newest
      reading.current ??= setTimeout(() => {
        reading.current = undefined
        read()
      }, READ_AFTER_MS)
    }
  }

  const empty = rows.length === 0
  return (
    <section class="chat" aria-label={t('chat.region')}>
      <ChatHead place={place} />
      {!place.thread && <PinnedBar place={place} key={place.chat} />}
      <div class="chat-middle">
        {empty ? (
          <EmptyChat loading={!list.atBottom.value && !list.failed.value} failed={list.failed.value} thread={place.thread} />
        ) : (
          <VirtualList
            key={placeKey(place)}
            items={rows}
            keyOf={(row) => row.key}
            label={place.thread ? t('chat.comments') : t('chat.messages')}
            target={target}
            onNearStart={() => void list.loadOlder()}
            onNearEnd={() => void list.loadNewer()}
            onSeen={seen}
            row={(row) =>
              row.is === 'pending' ? (
                <Pending one={row.one} />
              ) : (
                <>
                  {row.day && <p class="day"><span>{dayOf(row.message.date)}</span></p>}
                  {row.unread && <p class="unread-line"><span>{t('chat.unread')}</span></p>}
                  <Bubble
                    message={row.message}
                    album={row.album}
                    place={place}
                    joined={row.joined}
                    marked={target !== undefined && 'key' in target && target.key === row.key}
                  />
                </>
              )
            }
          />
        )}
        {!empty && list.failed.value !== undefined && (
          <div class="notice load-failed" role="alert">
            {inWords(list.failed.value)}{' '}
            <button type="button" class="link" onClick={() => void list.loadNewest()}>
              {t('action.again')}
            </button>
          </div>
        )}
        {below && !empty && connection.value === 'connected' && (
          <button
            type="button"
            class="round to-end"
            aria-label={t('chat.to_end')}
            onClick={() => {
              setTarget({ end: true })
              if (!list.atBottom.peek()) void list.loadNewest()
            }}
          >
            <Icon name="down" />
            {(dialog(place.chat)?.unread ?? 0) > 0 && !place.thread && <span class="count">{dialog(place.chat)?.unread}</span>}
          </button>
        )}
      </div>
      <Foot place={place} key={placeKey(place)} />
    </section>
  )
}

function dayOf(date: number): string {
  const day = new Date(date * 1000)
  const today = new Date()
  const options: Intl.DateTimeFormatOptions = { weekday: 'long', day: 'numeric', month: 'long' }
  if (day.toDateString() === today.toDateString()) return t('time.today')
  if (day.getFullYear() !== today.getFullYear()) options.year = 'numeric'
  return day.toLocaleDateString(language.value, options)
}

function EmptyChat({ loading, failed, thread }: { loading: boolean; failed: unknown; thread: number | undefined }) {
  if (failed) return <p class="empty" role="alert">{inWords(failed)}</p>
  if (loading) return <p class="empty quiet" role="status">{connection.value === 'connected' ? t('chat.loading') : t('chat.not_kept')}</p>
  return (
    <div class="empty">
      <p class="lead">{thread ? t('chat.no_comments') : t('chat.no_messages')}</p>
      <p class="quiet">{thread ? t('chat.no_comments_hint') : t('chat.no_messages_hint')}</p>
    </div>
  )
}

/** The composer, or what can be done where one cannot write. */
function Foot({ place }: { place: Place }) {
  const found = channel(place.chat)
  const [busy, setBusy] = useState(false)
  if (composing.value?.edit && placeKey(composing.value.place) === placeKey(place)) return <Composer place={place} />
  if (isBlocked(place.chat)) {
    return (
      <div class="chat-bar">
        <span class="quiet">{t('error.you_blocked')}</span>
        <button type="button" class="button plain" onClick={() => void setBlocked(place.chat, false).catch(sayError)}>
          {t('block.unblock')}
        </button>
      </div>
    )
  }
  if (canWrite(place)) return <Composer place={place} />
  if (found?._ === 'channelForbidden') return <p class="chat-bar quiet">{t('error.private')}</p>
  if (found?._ === 'channel' && found.left) {
    const join = async () => {
      setBusy(true)
      try {
        await call({ _: 'channels.joinChannel', channel: inputChannel(place.chat) })
      } catch (error) {
        sayError(error)
      }
      setBusy(false)
    }
    return (
      <div class="chat-bar">
        <button type="button" class="button" disabled={busy} onClick={() => void join()}>
          {found.joinRequest ? t('chat.ask_to_join') : t('chat.join')}
        </button>
        {(found.participantsCount ?? 0) > 0 && <span class="quiet">{n('chat.members', found.participantsCount!)}</span>}
      </div>
    )
  }
  if (found?._ === 'channel' && found.broadcast) return <p class="chat-bar quiet">{t('chat.read_only')}</p>
  if (found) return <p class="chat-bar quiet">{t('error.banned')}</p>
  return <p class="chat-bar quiet">{t('error.account_gone')}</p>
}

/** The posts of a channel in a row. */
function postsOf(row: Row): number[] {
  if (row.is !== 'message' || !row.message.post) return []
  return (row.album ?? [row.message]).map(({ id }) => id)
}
