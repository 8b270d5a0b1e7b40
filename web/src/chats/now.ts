import { effect, signal } from '@preact/signals'
import { behindMs, nowS } from '../session/clock.js'

/** The time in Unix seconds, told anew every half minute. */
export const now = signal(nowS())

effect(() => {
  void behindMs.value
  now.value = nowS()
})
setInterval(() => (now.value = nowS()), 30_000)
