import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { go } from '../app/route.js'
import { isMessage } from '../messages/message.js'
import type { PeerKey } from '../peers/key.js'
import { inputPeer, learn, noteSeen } from '../peers/peers.js'
import { call } from '../session/session.js'
import { Icon } from '../ui/Icon.js'
import { sayError } from '../ui/toast.js'

const AFTER_MS = 300
const LIMIT = 100

/** Looks for words in one chat, and goes from one find to the next. */
export function ChatSearch({ chat, onClose }: { chat: PeerKey; onClose: () => void }) {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')
  const [found, setFound] = useState<number[] | undefined>(undefined)
  const [at, setAt] = useState(0)
  useEffect(() => field.current?.focus(), [])
  useEffect(() => {
    setFound(undefined)
    if (!text.trim()) return
    let wanted = true
    const timer = setTimeout(() => {
      find(chat, text.trim()).then((ids) => {
        if (!wanted) return
        setFound(ids)
        setAt(0)
        if (ids[0]) go({ chat, message: ids[0] })
      }, sayError)
    }, AFTER_MS)
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [text, chat])
  const step = (by: number) => {
    const next = Math.min((found?.length ?? 1) - 1, Math.max(0, at + by))
    setAt(next)
    const id = found?.[next]
    if (id) go({ chat, message: id })
  }
  return (
    <div class="chat-search" role="search">
      <input
        ref={field}
        type="search"
        value={text}
        aria-label={t('chat.search')}
        placeholder={t('chat.search')}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') step(event.shiftKey ? -1 : 1)
          if (event.key === 'Escape') {
            event.stopPropagation()
            onClose()
          }
        }}
      />
      <span class="quiet" role="status">
        {found && (found.length ? t('search.place', { at: String(at + 1), of: String(found.length) }) : t('search.nothing'))}
      </span>
      <button type="button" class="round" aria-label={t('search.older')} disabled={!found || at + 1 >= found.length} onClick={() => step(1)}>
        <Icon name="up" />
      </button>
      <button type="button" class="round" aria-label={t('search.newer')} disabled={at === 0} onClick={() => step(-1)}>
        <Icon name="down" />
      </button>
      <button type="button" class="round" aria-label={t('action.close')} onClick={onClose}>
        <Icon name="close" />
      </button>
    </div>
  )
}

async function find(chat: PeerKey, text: string): Promise<number[]> {
  const answer = await call({
    _: 'messages.search',
    peer: inputPeer(chat),
    q: text,
    filter: { _: 'inputMessagesFilterEmpty' },
    minDate: 0,
    maxDate: 0,
    offsetId: 0,
    addOffset: 0,
    limit: LIMIT,
    maxId: 0,
    minId: 0,
    hash: { low: 0, high: 0, unsigned: false } as never,
  })
  if (answer._ === 'messages.messagesNotModified') return []
  learn(answer)
  answer.messages.forEach(noteSeen)
  return answer.messages.filter(isMessage).map(({ id }) => id)
}
