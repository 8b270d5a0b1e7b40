import { signal } from '@preact/signals'

/** How much this device's clock is behind the server's, in milliseconds, where that is more than people notice. */
export const behindMs = signal(0)

/** The time as the server has it, in Unix seconds. */
export function nowS(): number {
  return Math.floor((Date.now() + behindMs.peek()) / 1000)
}
