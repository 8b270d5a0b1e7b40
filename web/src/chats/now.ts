import { signal } from '@preact/signals'

/** The time in Unix seconds, by this device's clock, told anew every half minute. */
export const now = signal(Math.floor(Date.now() / 1000))

setInterval(() => (now.value = Math.floor(Date.now() / 1000)), 30_000)
