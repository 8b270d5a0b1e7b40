import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { go } from '../app/route.js'
import { connection } from '../session/session.js'
import { Icon } from '../ui/Icon.js'
import { loadPins, mayPin, pinsOf, unpin } from './pins.js'
import type { Place } from './history.js'
import { summary } from './summary.js'

/** The pinned message above a chat. Each click goes to it, and shows the one that was pinned before. */
export function PinnedBar({ place: { chat } }: { place: Place }) {
  const list = pinsOf(chat)
  const [at, setAt] = useState(0)
  const connected = connection.value === 'connected'
  useEffect(() => {
    if (connected) void loadPins(chat)
  }, [chat, connected])
  // What was pinned just now is shown first.
  useEffect(() => setAt(0), [list[0]?.id])
  const shown = list[Math.min(at, list.length - 1)]
  if (!shown) return null
  const title = list.length > 1 ? t('pin.place', { at: String(list.length - list.indexOf(shown)), of: String(list.length) }) : t('pin.one')
  const follow = () => {
    go({ chat, message: shown.id })
    setAt((list.indexOf(shown) + 1) % list.length)
  }
  return (
    <section class="pinned-bar" aria-label={t('pin.region')}>
      <button type="button" class="pinned-words" onClick={follow}>
        <Icon name="pin" size={20} />
        <span class="composer-about-words">
          <strong>{title}</strong>
          <span class="line" dir="auto">{summary(shown)}</span>
        </span>
      </button>
      {mayPin(chat) && (
        <button type="button" class="round" aria-label={t('pin.unpin')} onClick={() => void unpin(chat, shown.id)}>
          <Icon name="close" />
        </button>
      )}
    </section>
  )
}
