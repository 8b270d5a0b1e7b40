import { expect, it, vi } from 'vitest'

vi.stubGlobal('navigator', { languages: ['en'] })
const { fill, fromBrowser } = await import('./i18n.js')
const { default: en } = await import('./en.json')
const { default: de } = await import('./de.json')

const blanks = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()

it('says everything in every language, with the same blanks', () => {
  expect(Object.keys(de)).toEqual(Object.keys(en))
  for (const [key, text] of Object.entries(en)) {
    expect(blanks(de[key as keyof typeof de]), key).toEqual(blanks(text))
  }
})

it('fills blanks, and leaves those it knows nothing of', () => {
  expect(fill('{who} and {whom}', { who: 'Ada' })).toBe('Ada and {whom}')
  // What is filled in is not looked at again.
  expect(fill('{who}', { who: '{whom}', whom: 'x' })).toBe('{whom}')
})

it('takes the first language of the browser that it speaks', () => {
  expect(fromBrowser(['fr-CA', 'de-AT', 'en'])).toBe('de')
  expect(fromBrowser(['fr'])).toBe('en')
})
