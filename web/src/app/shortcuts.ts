import { useEffect } from 'preact/hooks'
import { chatList } from '../chats/dialogs.js'
import { query } from '../search/state.js'
import { back, go, route } from './route.js'

/** Keys that work everywhere on the page. Fields and windows keep theirs. */
export function useShortcuts(): void {
  useEffect(() => {
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [])
}

function pressed(event: KeyboardEvent): void {
  const control = event.ctrlKey || event.metaKey
  if (document.querySelector('dialog[open]') || event.defaultPrevented) return
  if (control && event.key.toLowerCase() === 'k') {
    event.preventDefault()
    document.getElementById('search')?.focus()
  } else if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    event.preventDefault()
    next(event.key === 'ArrowDown' ? 1 : -1)
  } else if (event.key === 'Escape') {
    if (query.peek()) query.value = ''
    else if (route.peek().chat || route.peek().page) back()
  }
}

/** Opens the chat below or above the open one. */
function next(step: number): void {
  const keys = chatList.peek().map(({ key }) => key)
  const at = keys.findIndex((key) => key === route.peek().chat)
  const to = keys[Math.min(keys.length - 1, Math.max(0, at + step))]
  if (to) go({ chat: to })
}
