import { render } from 'preact'
import { effect } from '@preact/signals'
import * as dialogs from '../chats/dialogs.js'
import * as histories from '../messages/history.js'
import * as outbox from '../messages/outbox.js'
import * as pins from '../messages/pins.js'
import * as blocked from '../peers/blocked.js'
import { learn, recall as recallPeers } from '../peers/peers.js'
import { keepPage } from '../offline/register.js'
import { call, onLoss, onPeers, onUpdate, standing } from '../session/session.js'
import { follow } from '../settings/settings.js'
import { shelf } from '../storage/shelf.js'
import { apply, reload } from '../updates/apply.js'
import { App } from './App.js'
import { route } from './route.js'
import '../ui/base.css'
import '../ui/door.css'
import '../chats/list.css'
import '../messages/chat.css'
import '../ui/parts.css'

follow()
onPeers(learn)
onUpdate(apply)
onLoss((channel) => {
  if (channel === undefined) return reload(route.peek().chat)
  const key = `c${channel}` as const
  void dialogs.fetchDialog(key)
  void histories.openHistory({ chat: key })?.loadNewest()
})

let signedIn = false
effect(() => {
  const state = standing.value
  if (state.is === 'signed-in' && !signedIn) {
    signedIn = true
    queueMicrotask(() => void begin())
  } else if (state.is === 'signed-out' && signedIn) {
    signedIn = false
    queueMicrotask(() => void end())
  }
})

let running = false

async function begin(): Promise<void> {
  await recallPeers()
  await dialogs.recall()
  if (!running) {
    running = true
    outbox.run()
  }
  await dialogs.load().catch(() => undefined)
  await blocked.loadBlocked().catch(() => undefined)
  // Others see that somebody is here, as long as they look.
  presence()
}

/** Nothing of who signed out stays in this browser. */
async function end(): Promise<void> {
  dialogs.forget()
  histories.forget()
  pins.forget()
  blocked.forget()
  location.hash = ''
  await shelf.clear()
}

function presence(): void {
  const tell = () => {
    if (standing.peek().is !== 'signed-in') return
    const offline = document.visibilityState !== 'visible'
    call({ _: 'account.updateStatus', offline }).catch(() => undefined)
  }
  tell()
  document.addEventListener('visibilitychange', tell)
  // The server takes somebody for gone after a while without a word.
  setInterval(() => document.visibilityState === 'visible' && tell(), 60_000)
}

render(<App />, document.getElementById('app')!)
keepPage()
