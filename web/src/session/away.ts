import { effect, signal } from '@preact/signals'
import { connection } from './session.js'

/** How long there may be no connection, in milliseconds, before the page says so: most interruptions end at once. */
const AFTER_MS = 4_000

/** Whether the server has not answered for a while. */
export const away = signal(false)

let timer: ReturnType<typeof setTimeout> | undefined
effect(() => {
  const there = connection.value === 'connected' || connection.value === 'updating'
  if (!there) {
    timer ??= setTimeout(() => (away.value = true), AFTER_MS)
    return
  }
  clearTimeout(timer)
  timer = undefined
  away.value = false
})
