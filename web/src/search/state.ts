import { signal } from '@preact/signals'
import { go } from '../app/route.js'

/** What is being looked for in the list of chats and in public. */
export const query = signal('')

/** Looks for something, as if it had been typed. */
export function searchFor(text: string): void {
  query.value = text
  // On a narrow screen the results stand where the list is.
  if (matchMedia('(max-width: 45rem)').matches) go({})
}
