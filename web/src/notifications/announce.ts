import { dialog, isMuted } from '../chats/dialogs.js'
import { t } from '../i18n/i18n.js'
import { senderOf, type AnyMessage } from '../messages/message.js'
import { summary } from '../messages/summary.js'
import { keyOf } from '../peers/key.js'
import { chatName, nameOf, peer } from '../peers/peers.js'
import { self } from '../session/session.js'
import { go, route } from '../app/route.js'
import { settings } from '../settings/settings.js'

/** The lock of the tab that announces for all of them. */
const LOCK = 'heliograph announcer'
let announcer = false
navigator.locks
  .request(LOCK, () => {
    announcer = true
    return new Promise(() => undefined)
  })
  // Blocked, like everything that tabs share: this tab announces for itself.
  .catch(() => (announcer = true))

/** Shows a new message as a notification of the system, when people asked for it and do not see it anyway. */
export function announce(message: AnyMessage): void {
  const chat = keyOf(message.peerId)
  const listed = dialog(chat)
  const looking = document.visibilityState === 'visible' && document.hasFocus()
  const seen = looking && route.peek().chat === chat
  if (!settings.peek().notifications || !announcer || seen || !listed || isMuted(listed)) return
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return
  const sender = senderOf(message, self())
  const from = sender === chat ? '' : `${nameOf(peer(sender).peek())}: `
  // One chat has one notification; the newest replaces the one before.
  const shown = new Notification(chatName(chat), { body: from + summary(message), tag: chat, lang: document.documentElement.lang })
  shown.onclick = () => {
    window.focus()
    go({ chat })
    shown.close()
  }
}

/** Asks the browser whether the page may announce; answers in words why not. */
export async function askToAnnounce(): Promise<string | undefined> {
  if (typeof Notification === 'undefined') return t('notifications.unsupported')
  const answer = await Notification.requestPermission()
  return answer === 'granted' ? undefined : t('notifications.denied')
}
