import { useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { back, go } from '../app/route.js'
import { ChatInfo } from '../chats/ChatInfo.js'
import { subtitle } from '../chats/subtitle.js'
import { Avatar } from '../peers/Avatar.js'
import { Name } from '../peers/Name.js'
import { away } from '../session/away.js'
import { Icon } from '../ui/Icon.js'
import { openMenu } from '../ui/Menu.js'
import { chatMenu } from '../chats/actions.js'
import { ChatSearch } from '../search/ChatSearch.js'
import type { Place } from './history.js'

/** The head of an open chat: who it is with, and what can be done with it. */
export function ChatHead({ place }: { place: Place }) {
  const [info, setInfo] = useState(false)
  const [searching, setSearching] = useState(false)
  return (
    <header class="chat-head">
      <button type="button" class="round only-narrow" aria-label={t('action.back')} onClick={back}>
        <Icon name="back" />
      </button>
      {place.thread && (
        <button type="button" class="round only-wide" aria-label={t('action.back')} onClick={back}>
          <Icon name="back" />
        </button>
      )}
      {searching ? (
        <ChatSearch chat={place.chat} onClose={() => setSearching(false)} />
      ) : (
        <>
          <button type="button" class="chat-title" onClick={() => setInfo(true)} aria-haspopup="dialog">
            <Avatar of={place.chat} size={40} chat />
            <span class="chat-title-words">
              <h2>{place.thread ? t('chat.comments') : <Name of={place.chat} chat />}</h2>
              <span class="quiet line">{away.value ? t('connection.none') : place.thread ? <Name of={place.chat} /> : subtitle(place.chat)}</span>
            </span>
          </button>
          {!place.thread && (
            <button type="button" class="round" aria-label={t('chat.search')} onClick={() => setSearching(true)}>
              <Icon name="search" />
            </button>
          )}
          <button
            type="button"
            class="round"
            aria-label={t('chat.menu')}
            aria-haspopup="menu"
            onClick={(event) => openMenu(event, [{ icon: 'info', label: t('chat.info'), onPick: () => setInfo(true) }, ...chatMenu(place.chat)])}
          >
            <Icon name="more" />
          </button>
        </>
      )}
      {info && <ChatInfo chat={place.chat} onClose={() => setInfo(false)} onOpen={(chat) => (setInfo(false), go({ chat }))} />}
    </header>
  )
}
