import { effect, signal } from '@preact/signals'
import { LANGUAGES, useLanguage, type Language } from '../i18n/i18n.js'

export type Theme = 'system' | 'light' | 'dark'

/** What this browser was told to remember about how the page looks and behaves. */
export interface Settings {
  theme: Theme
  language: Language | 'system'
  notifications: boolean
}

const KEY = 'heliograph settings'
const DEFAULTS: Settings = { theme: 'system', language: 'system', notifications: false }

export const settings = signal<Settings>(read())

/** Changes settings, for this browser and its other tabs. */
export function change(changed: Partial<Settings>): void {
  settings.value = { ...settings.value, ...changed }
  try {
    localStorage.setItem(KEY, JSON.stringify(settings.value))
  } catch {
    // Blocked or full: the choice holds for this tab.
  }
}

/** Keeps the page as the settings say, from now on. */
export function follow(): void {
  effect(() => {
    document.documentElement.dataset.theme = settings.value.theme
  })
  effect(() => void useLanguage(settings.value.language))
  window.addEventListener('storage', ({ key }) => {
    if (key === KEY) settings.value = read()
  })
}

function read(): Settings {
  try {
    return parse(localStorage.getItem(KEY))
  } catch {
    return DEFAULTS
  }
}

/** What was stored, or the defaults for what is missing or not understood. */
export function parse(text: string | null): Settings {
  let stored: Partial<Record<keyof Settings, unknown>> = {}
  try {
    stored = (JSON.parse(text ?? '{}') as typeof stored | null) ?? {}
  } catch {
    // Somebody else's text stands there.
  }
  const theme = (['light', 'dark'] as const).find((known) => known === stored.theme)
  const language = typeof stored.language === 'string' && stored.language in LANGUAGES
  return {
    theme: theme ?? DEFAULTS.theme,
    language: language ? (stored.language as Language) : DEFAULTS.language,
    notifications: stored.notifications === true,
  }
}
