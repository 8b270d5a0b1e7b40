import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { go } from '../app/route.js'
import { chatList } from '../chats/dialogs.js'
import { shortTime } from '../chats/ChatRow.js'
import { subtitle } from '../chats/subtitle.js'
import { isMessage, type AnyMessage } from '../messages/message.js'
import { summary } from '../messages/summary.js'
import { Avatar } from '../peers/Avatar.js'
import { keyOf, type PeerKey } from '../peers/key.js'
import { Name } from '../peers/Name.js'
import { chatName, learn, noteSeen, peer, usernameOf } from '../peers/peers.js'
import { call } from '../session/session.js'
import { inWords } from '../session/errors.js'
import { query } from './state.js'

/** How long after the last letter the server is asked, in milliseconds. */
const AFTER_MS = 300
const LIMIT = 30

interface Found {
  people: PeerKey[]
  publicPeers: PeerKey[]
  posts: AnyMessage[]
  own: AnyMessage[]
}

/** What is found: chats by name, people and channels in public, posts, and one's own messages. */
export function Search() {
  const text = query.value.trim()
  const [found, setFound] = useState<Found | undefined>(undefined)
  const [failed, setFailed] = useState<unknown>(undefined)
  useEffect(() => {
    let wanted = true
    setFailed(undefined)
    const timer = setTimeout(() => {
      find(text).then(
        (all) => wanted && setFound(all),
        (error) => wanted && setFailed(error),
      )
    }, AFTER_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [text])

  const low = text.toLowerCase().replace(/^@/, '')
  const chats = chatList.value
    .map(({ key }) => key)
    .filter((key) => chatName(key).toLowerCase().includes(low) || usernameOf(peer(key).value)?.toLowerCase().startsWith(low))
  const others = (list: PeerKey[]) => list.filter((key) => !chats.includes(key))
  const nothing = found && chats.length + found.people.length + found.publicPeers.length + found.posts.length + found.own.length === 0
  return (
    <div class="results" aria-live="polite" aria-busy={!found && !failed}>
      <Peers title={t('search.chats')} list={chats} />
      {found && (
        <>
          <Peers title={t('search.people')} list={others(found.people)} />
          <Peers title={t('search.public')} list={others(found.publicPeers).filter((key) => !found.people.includes(key))} />
          <Posts title={t('search.posts')} list={found.posts} />
          <Posts title={t('search.own')} list={found.own} />
        </>
      )}
      {failed ? <p class="empty" role="alert">{inWords(failed)}</p> : null}
      {nothing && (
        <div class="empty">
          <p class="lead">{t('search.nothing')}</p>
          <p class="quiet">{t('search.nothing_hint')}</p>
        </div>
      )}
    </div>
  )
}

function Peers({ title, list }: { title: string; list: PeerKey[] }) {
  if (list.length === 0) return null
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul class="people">
        {list.map((key) => (
          <li key={key}>
            <button type="button" class="person" onClick={() => go({ chat: key })}>
              <Avatar of={key} size={42} chat />
              <span class="person-words">
                <span class="row-name"><Name of={key} chat /></span>
                <span class="quiet line">{line(key)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function line(key: PeerKey): string {
  const username = usernameOf(peer(key).value)
  const below = subtitle(key)
  return username ? `@${username}${below ? ` · ${below}` : ''}` : below
}

function Posts({ title, list }: { title: string; list: AnyMessage[] }) {
  if (list.length === 0) return null
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul class="people">
        {list.map((message) => {
          const chat = keyOf(message.peerId)
          return (
            <li key={`${chat} ${message.id}`}>
              <button type="button" class="person" onClick={() => go({ chat, message: message.id })}>
                <Avatar of={chat} size={42} chat />
                <span class="person-words">
                  <span class="row-top">
                    <span class="row-name"><Name of={chat} chat /></span>
                    <time class="row-time">{shortTime(message.date)}</time>
                  </span>
                  <span class="quiet line" dir="auto">{summary(message)}</span>
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

async function find(text: string): Promise<Found> {
  const page = { offsetRate: 0, offsetPeer: { _: 'inputPeerEmpty' }, offsetId: 0, limit: LIMIT } as const
  const kind = text.startsWith('#') ? { hashtag: text.slice(1) } : { query: text }
  const [peers, posts, own] = await Promise.all([
    call({ _: 'contacts.search', q: text.replace(/^@/, ''), limit: LIMIT }),
    // A single letter is no word of a post.
    text.length > 1 ? call({ _: 'channels.searchPosts', ...kind, ...page }).catch(() => undefined) : undefined,
    call({ _: 'messages.searchGlobal', q: text, filter: { _: 'inputMessagesFilterEmpty' }, minDate: 0, maxDate: 0, ...page }).catch(() => undefined),
  ])
  learn(peers)
  const messages = [posts, own].map((answer) => {
    if (!answer || answer._ === 'messages.messagesNotModified') return []
    learn(answer)
    answer.messages.forEach(noteSeen)
    return answer.messages.filter(isMessage)
  })
  const known = new Set(messages[0]!.map((message) => `${keyOf(message.peerId)} ${message.id}`))
  return {
    people: peers.myResults.map(keyOf),
    publicPeers: peers.results.map(keyOf),
    posts: messages[0]!,
    own: messages[1]!.filter((message) => !known.has(`${keyOf(message.peerId)} ${message.id}`)),
  }
}
