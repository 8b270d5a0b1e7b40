import { useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { go } from '../app/route.js'
import { away } from '../session/away.js'
import { connection, facts, signOut, standing } from '../session/session.js'
import { Search } from '../search/Search.js'
import { query } from '../search/state.js'
import { ask } from '../ui/confirm.js'
import { Icon } from '../ui/Icon.js'
import { openMenu, type MenuItem } from '../ui/Menu.js'
import { sayError } from '../ui/toast.js'
import { trouble } from '../storage/shelf.js'
import { persistent } from '../session/session.js'
import { appeal } from './actions.js'
import { chatList, fresh } from './dialogs.js'
import { ChatRow } from './ChatRow.js'

/** The list of chats, with the field that looks for more. */
export function ChatList() {
  const field = useRef<HTMLInputElement>(null)
  return (
    <aside class="list" aria-label={t('list.region')}>
      <header class="list-head">
        <button type="button" class="round" aria-label={t('list.menu')} aria-haspopup="menu" onClick={(event) => openMenu(event, mainMenu())}>
          <Icon name="settings" />
        </button>
        <label class="search">
          <Icon name="search" size={19} />
          <input
            ref={field}
            id="search"
            type="search"
            value={query.value}
            placeholder={t('search.placeholder')}
            aria-label={t('search.placeholder')}
            aria-keyshortcuts="Control+K"
            maxLength={100}
            onInput={(event) => (query.value = event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') {
                event.stopPropagation()
                query.value = ''
                field.current?.blur()
              }
            }}
          />
        </label>
        <button type="button" class="round" aria-label={t('list.new')} onClick={() => go({ page: 'new' })}>
          <Icon name="pencil" />
        </button>
      </header>
      <Connection />
      <Storage />
      {query.value.trim() ? <Search /> : <Chats />}
      <a class="house" href="#/about">
        {t('house.line', { trust: facts.value?.trust ?? '…' })}
      </a>
    </aside>
  )
}

function Chats() {
  const list = chatList.value
  if (list.length === 0 && !fresh.value) {
    return (
      <ul class="chats" aria-busy="true" aria-label={t('list.loading')}>
        {Array.from({ length: 6 }, (_, at) => (
          <li key={at} class="ghost" aria-hidden="true"><span /><span /></li>
        ))}
      </ul>
    )
  }
  if (list.length === 0) {
    return (
      <div class="empty">
        <p class="lead">{t('list.empty')}</p>
        <p class="quiet">{t('list.empty_hint')}</p>
        <button type="button" class="button" onClick={() => go({ page: 'new' })}>{t('list.new')}</button>
      </div>
    )
  }
  return (
    <nav class="chats" aria-label={t('list.chats')} onKeyDown={moveBetween}>
      <ul>
        {list.map((dialog) => (
          <ChatRow key={dialog.key} dialog={dialog} />
        ))}
      </ul>
    </nav>
  )
}

/** Arrows go through the list without leaving it. */
function moveBetween(event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (step === 0) return
  const rows = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.row')]
  const at = rows.indexOf(document.activeElement as HTMLElement)
  event.preventDefault()
  rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.focus()
}

function Connection() {
  const state = connection.value
  const words = {
    connected: undefined,
    updating: t('connection.updating'),
    connecting: away.value ? t('connection.away') : t('connection.connecting'),
    offline: t('connection.offline'),
  }[state]
  return (
    <div role="status" class="connection-place">
      {words && standing.value.is === 'signed-in' && <p class={`notice connection-${state}`}>{words}</p>}
    </div>
  )
}

function Storage() {
  if (trouble.value === 'full') return <p class="notice" role="alert">{t('storage.full')}</p>
  if (trouble.value === 'blocked' || !persistent.value) return <p class="notice" role="alert">{t('storage.blocked')}</p>
  return null
}

function mainMenu(): MenuItem[] {
  return [
    { icon: 'settings', label: t('settings.title'), onPick: () => go({ page: 'settings' }) },
    { icon: 'pencil', label: t('list.new'), onPick: () => go({ page: 'new' }) },
    { icon: 'flag', label: t('report.appeal'), onPick: () => void appeal() },
    { icon: 'info', label: t('house.title'), onPick: () => go({ page: 'about' }) },
    { icon: 'leave', label: t('session.sign_out'), grave: true, onPick: () => void leave() },
  ]
}

async function leave(): Promise<void> {
  const answer = await ask({
    title: t('session.sign_out_title'),
    text: t('session.sign_out_text'),
    answers: [{ label: t('session.sign_out'), value: 'yes', grave: true }],
  })
  if (answer) await signOut().catch(sayError)
}
