import { signal } from '@preact/signals'
import en from './en.json'

/** A message of the page. */
export type Key = keyof typeof en
type Messages = Record<Key, string>
/** A message that is worded differently for one and for many. */
export type CountKey = {
  [K in Key]: K extends `${infer Stem}.other` ? (`${Stem}.one` extends Key ? Stem : never) : never
}[Key]

/** The languages that there are messages for, each by its own name. English comes with the page. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof LANGUAGES

const FILES: Record<Exclude<Language, 'en'>, () => Promise<{ default: Messages }>> = {
  de: () => import('./de.json'),
}
/** Languages that are written from right to left, for when there are messages in one. */
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur'])

const messages = signal<Messages>(en)
/** The language that the page is shown in. */
export const language = signal<Language>('en')

/** Shows the page in this language, or in the one the browser asks for. */
export async function useLanguage(wanted: Language | 'system'): Promise<void> {
  const chosen = wanted === 'system' ? fromBrowser(navigator.languages) : wanted
  messages.value = chosen === 'en' ? en : (await FILES[chosen]()).default
  language.value = chosen
  document.documentElement.lang = chosen
  document.documentElement.dir = RIGHT_TO_LEFT.has(chosen) ? 'rtl' : 'ltr'
}

/** The first language of the browser's list that there are messages for. */
export function fromBrowser(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const short = tag.split('-')[0] ?? ''
    if (short in LANGUAGES) return short as Language
  }
  return 'en'
}

/** A message with its blanks filled in. */
export function t(key: Key, values: Record<string, string> = {}): string {
  return fill(messages.value[key], values)
}

/** A message about a number of things. */
export function n(key: CountKey, count: number, values: Record<string, string> = {}): string {
  const rule = new Intl.PluralRules(language.value).select(count) === 'one' ? 'one' : 'other'
  const number = new Intl.NumberFormat(language.value).format(count)
  return fill(messages.value[`${key}.${rule}` as Key], { ...values, n: number })
}

/** Replaces `{name}` by its value. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (blank, name: string) => values[name] ?? blank)
}
