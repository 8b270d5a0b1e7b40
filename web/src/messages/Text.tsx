import type { tl } from '@mtcute/tl'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { go } from '../app/route.js'
import { resolve } from '../peers/peers.js'
import { userKey } from '../peers/key.js'
import { searchFor } from '../search/state.js'
import { sayError } from '../ui/toast.js'
import { address, pieces } from './entities.js'

/** How many lines of a message are shown before somebody asks for the rest. */
const LINES = 40
const CHARACTERS = 3_000

/** The text of a message, with its links and letters as they were sent. */
export function Text({ text, entities, children }: {
  text: string
  entities?: readonly tl.TypeMessageEntity[] | undefined
  /** What stands at the end of the last line, if there is room. */
  children?: ComponentChildren
}) {
  const [whole, setWhole] = useState(false)
  const cut = whole ? text.length : shortened(text)
  const shown = text.slice(0, cut)
  const kept = entities?.filter(({ offset }) => offset < cut).map((one) => clipped(one, cut))
  return (
    <div class="text" dir="auto">
      {pieces(shown, kept).map((piece, at) =>
        piece.marks.reduceRight<ComponentChildren>(
          (inside, mark) => wrap(mark, inside, text.slice(mark.offset, mark.offset + mark.length), at),
          piece.text,
        ),
      )}
      {cut < text.length && (
        <button type="button" class="link more-text" onClick={() => setWhole(true)}>
          {t('message.show_all')}
        </button>
      )}
      {children}
    </div>
  )
}

/** Where a text that would fill several screens is cut. */
export function shortened(text: string): number {
  let at = -1
  for (let line = 0; line < LINES; line++) {
    at = text.indexOf('\n', at + 1)
    if (at < 0) return text.length > CHARACTERS + 500 ? CHARACTERS : text.length
    if (at > CHARACTERS) return CHARACTERS
  }
  return at
}

function clipped(mark: tl.TypeMessageEntity, end: number): tl.TypeMessageEntity {
  return { ...mark, length: Math.min(mark.length, end - mark.offset) }
}

function wrap(mark: tl.TypeMessageEntity, inside: ComponentChildren, text: string, key: number): ComponentChildren {
  switch (mark._) {
    case 'messageEntityBold':
      return <b key={key}>{inside}</b>
    case 'messageEntityItalic':
      return <i key={key}>{inside}</i>
    case 'messageEntityUnderline':
      return <u key={key}>{inside}</u>
    case 'messageEntityStrike':
      return <s key={key}>{inside}</s>
    case 'messageEntityCode':
      return <code key={key}>{inside}</code>
    case 'messageEntityPre':
      return <code key={key} class="block">{inside}</code>
    case 'messageEntityBlockquote':
      return <q key={key}>{inside}</q>
    case 'messageEntitySpoiler':
      return <Spoiler key={key}>{inside}</Spoiler>
    case 'messageEntityUrl':
      return <Away key={key} to={text}>{inside}</Away>
    case 'messageEntityTextUrl':
      return <Away key={key} to={mark.url}>{inside}</Away>
    case 'messageEntityEmail':
      return <Away key={key} to={`mailto:${text}`}>{inside}</Away>
    case 'messageEntityMention':
      return <Here key={key} onClick={() => void open(text.slice(1))}>{inside}</Here>
    case 'messageEntityMentionName':
      return <Here key={key} onClick={() => go({ chat: userKey(mark.userId) })}>{inside}</Here>
    case 'messageEntityHashtag':
      return <Here key={key} onClick={() => searchFor(text)}>{inside}</Here>
    default:
      return inside
  }
}

/** A link that leaves the page; its true address shows when the pointer rests on it. */
function Away({ to, children }: { to: string; children: ComponentChildren }) {
  const href = address(to)
  if (!href) return <>{children}</>
  return (
    <a href={href} title={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  )
}

function Here({ onClick, children }: { onClick: () => void; children: ComponentChildren }) {
  return (
    <button type="button" class="link" onClick={onClick}>
      {children}
    </button>
  )
}

function Spoiler({ children }: { children: ComponentChildren }) {
  const [shown, setShown] = useState(false)
  if (shown) return <>{children}</>
  return (
    <button type="button" class="spoiler" aria-label={t('message.spoiler')} onClick={() => setShown(true)}>
      <span aria-hidden="true">{children}</span>
    </button>
  )
}

/** Opens the chat of a name in a text. */
async function open(username: string): Promise<void> {
  try {
    go({ chat: await resolve(username) })
  } catch (error) {
    sayError(error)
  }
}
