import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { inWords } from '../session/errors.js'

/** How long a word at the foot of the page stays, in milliseconds. */
const SHOWN_MS = 6_000

/** A word that stood this long goes when people go on to something else. */
const STALE_MS = 1_000

const shown = signal<{ text: string; number: number; at: number } | undefined>(undefined)
const spoken = signal('')
let number = 0

/** Says something at the foot of the page, also to who listens to it. */
export function say(text: string): void {
  const mine = ++number
  shown.value = { text, number: mine, at: performance.now() }
  setTimeout(() => {
    if (shown.peek()?.number === mine) shown.value = undefined
  }, SHOWN_MS)
}

/** Says why something failed, and what can be done. */
export function sayError(error: unknown): void {
  say(inWords(error))
}

/** Tells something to who listens to the page, without showing it. */
export function speak(text: string): void {
  spoken.value = text
}

export function ToastPlace() {
  useEffect(() => {
    const goesOn = () => {
      if (performance.now() - (shown.peek()?.at ?? 0) > STALE_MS) shown.value = undefined
    }
    addEventListener('hashchange', goesOn)
    return () => removeEventListener('hashchange', goesOn)
  }, [])
  return (
    <>
      <div class="toasts" role="status">
        {shown.value && (
          <p class="toast" key={shown.value.number}>
            {shown.value.text}
          </p>
        )}
      </div>
      <div class="unseen" role="log" aria-live="polite">
        {spoken.value}
      </div>
    </>
  )
}
