import { signal } from '@preact/signals'
import { parseKey, type PeerKey } from '../peers/key.js'

/** What the page shows; it stands behind `#` in the address, so that Back and links work. */
export interface Route {
  chat?: PeerKey
  /** The post whose comments are shown, by its number in the discussion group. */
  thread?: number
  /** A message to go to. */
  message?: number
  page?: 'settings' | 'new' | 'about'
}

const PAGES = ['settings', 'new', 'about'] as const

export const route = signal<Route>(parse(location.hash))

addEventListener('hashchange', () => (route.value = parse(location.hash)))

/** Goes to another place. */
export function go(to: Route): void {
  const hash = format(to)
  if (hash === location.hash || (hash === '#/' && location.hash === '')) route.value = to
  else location.hash = hash
}

/** Closes what is open on a narrow screen. */
export function back(): void {
  const { thread, chat, page } = route.peek()
  if (page) return go(chat ? { chat } : {})
  if (thread && history.length > 1) return history.back()
  go({})
}

export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [first = '', second = ''] = path.split('/')
  const page = PAGES.find((known) => known === first)
  if (page) return { page }
  const chat = parseKey(first)
  if (!chat) return {}
  return { chat, ...number('thread', second), ...number('message', new URLSearchParams(query).get('m') ?? '') }
}

function number(name: 'thread' | 'message', text: string): Partial<Route> {
  return /^[1-9]\d{0,9}$/.test(text) ? { [name]: Number(text) } : {}
}

export function format({ chat, thread, message, page }: Route): string {
  if (page) return `#/${page}`
  if (!chat) return '#/'
  return `#/${chat}${thread ? `/${thread}` : ''}${message ? `?m=${message}` : ''}`
}
