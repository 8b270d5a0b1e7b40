import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { n, t } from '../i18n/i18n.js'
import { dialog, patch } from '../chats/dialogs.js'
import { inputPeer } from '../peers/peers.js'
import { nowS } from '../session/clock.js'
import { call, self } from '../session/session.js'
import { Icon } from '../ui/Icon.js'
import { say, sayError } from '../ui/toast.js'
import { composing } from './actions.js'
import { Attachments, type Attached, attach, inAlbums } from './Attachments.js'
import { openHistory, placeKey, type Place } from './history.js'
import { draw, enqueue } from './outbox.js'
import { CAPTION_MAX, split } from './split.js'
import { summary } from './summary.js'
import * as typing from './typing.js'

/** How long after the last letter a draft is sent to the server, in milliseconds. */
const DRAFT_AFTER_MS = 1_500

/** From this length on, a paste is put in by us: browsers take a minute for ten thousand lines. */
const LONG_PASTE = 10_000

/** Where a message is written. */
export function Composer({ place }: { place: Place }) {
  const field = useRef<HTMLTextAreaElement>(null)
  const files = useRef<HTMLInputElement>(null)
  const saved = place.thread ? '' : (dialog(place.chat)?.draft?.message ?? '')
  const [text, setText] = useState(saved)
  const [attached, setAttached] = useState<Attached[]>([])
  /** How many choices of files are being looked at: nothing is sent before they are there. */
  const [taking, setTaking] = useState(0)
  const touched = useRef(false)
  const busy = composing.value && placeKey(composing.value.place) === placeKey(place) ? composing.value : undefined
  const edit = busy?.edit

  useEffect(() => {
    if (edit) setText(edit.message)
    field.current?.focus()
  }, [edit, busy?.reply])

  // A draft that was written on another device shows here, unless somebody writes here.
  useEffect(() => {
    if (!touched.current && !edit) setText(saved)
  }, [saved])

  useDraft(place, text, touched, edit !== undefined)

  useLayoutEffect(() => {
    const element = field.current
    if (!element) return
    element.style.height = '0'
    element.style.height = `${Math.min(element.scrollHeight, innerHeight * 0.35)}px`
  }, [text])

  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [])

  const pieces = split(text)
  const ready = edit ? text.trim() !== '' : taking === 0 && (pieces.length > 0 || attached.length > 0)

  const clear = () => {
    touched.current = false
    setText('')
    setAttached([])
    composing.value = undefined
    typing.sent()
    patch(place.chat, { draft: undefined })
  }

  const submit = async () => {
    if (!ready) return
    const reply = busy?.reply?.id
    const files = attached
    const written = text
    clear()
    if (edit) return change(place, edit.id, written)
    // A caption belongs to the first file; what is too long for one goes as a message of its own.
    const caption = files.length > 0 && written.trim().length <= CAPTION_MAX ? written.trim() : ''
    for (const [at, together] of inAlbums(files).entries()) {
      const [first] = together
      const album = together.length > 1 ? together.map((file) => ({ file, random: draw() })) : undefined
      await enqueue({ ...place, text: at === 0 ? caption : '', ...(album ? { album } : { file: first }), ...(at === 0 && reply ? { replyTo: reply } : {}) })
    }
    if (caption || (files.length > 0 && pieces.length === 0)) return
    for (const [at, piece] of pieces.entries()) {
      await enqueue({ ...place, text: piece, ...(at === 0 && reply && files.length === 0 ? { replyTo: reply } : {}) })
    }
  }

  const take = async (list: FileList | null | undefined) => {
    // The list is the field's own, and is empty once the field is.
    const files = [...(list ?? [])]
    setTaking((count) => count + 1)
    const taken = await Promise.all(files.map(attach))
    setTaking((count) => count - 1)
    for (const refused of taken.filter((one) => typeof one === 'string')) say(refused)
    setAttached((known) => [...known, ...taken.filter((one) => typeof one !== 'string')])
    field.current?.focus()
  }

  const keys = (event: KeyboardEvent) => {
    // On a keyboard that is drawn on the screen, Enter begins a new line.
    const sends = event.key === 'Enter' && !event.shiftKey && !event.isComposing && matchMedia('(pointer: fine)').matches
    if (sends) {
      event.preventDefault()
      void submit()
    } else if (event.key === 'Escape' && busy) {
      event.preventDefault()
      event.stopPropagation()
      if (edit) setText('')
      composing.value = undefined
    } else if (event.key === 'ArrowUp' && text === '' && !busy) {
      editLast(place, event)
    }
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        void take(event.dataTransfer?.files)
      }}
    >
      {busy && (
        <div class="composer-about">
          <Icon name={edit ? 'edit' : 'reply'} size={20} />
          <div class="composer-about-words">
            <strong>{edit ? t('compose.editing') : t('compose.replying')}</strong>
            <span class="line" dir="auto">{summary((edit ?? busy.reply)!)}</span>
          </div>
          <button
            type="button"
            class="round"
            aria-label={t('action.cancel')}
            onClick={() => {
              if (edit) setText('')
              composing.value = undefined
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      <Attachments list={attached} onChange={setAttached} />
      {!edit && pieces.length > 1 && <p class="quiet hint" role="status">{n('compose.pieces', pieces.length)}</p>}
      <div class="composer-row">
        {!edit && (
          <>
            <button type="button" class="round" aria-label={t('compose.attach')} onClick={() => files.current?.click()}>
              <Icon name="attach" />
            </button>
            <input
              ref={files}
              type="file"
              multiple
              hidden
              aria-label={t('compose.attach')}
              onChange={(event) => {
                void take(event.currentTarget.files)
                event.currentTarget.value = ''
              }}
            />
          </>
        )}
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          placeholder={place.thread ? t('compose.comment') : t('compose.message')}
          aria-label={place.thread ? t('compose.comment') : t('compose.message')}
          onInput={(event) => {
            touched.current = true
            setText(event.currentTarget.value)
            if (event.currentTarget.value && !edit) typing.tell(place.chat)
          }}
          onKeyDown={keys}
          onPaste={(event) => {
            if (event.clipboardData?.files.length) {
              event.preventDefault()
              void take(event.clipboardData.files)
            } else if ((event.clipboardData?.getData('text/plain').length ?? 0) > LONG_PASTE) {
              event.preventDefault()
              const { currentTarget } = event
              currentTarget.setRangeText(
                event.clipboardData!.getData('text/plain'),
                currentTarget.selectionStart,
                currentTarget.selectionEnd,
                'end',
              )
              touched.current = true
              setText(currentTarget.value)
            }
          }}
        />
        <button type="submit" class="round send" disabled={!ready} aria-label={edit ? t('action.save') : t('compose.send')}>
          <Icon name={edit ? 'check' : 'send'} />
        </button>
      </div>
    </form>
  )
}

async function change(place: Place, id: number, text: string): Promise<void> {
  try {
    await call({ _: 'messages.editMessage', peer: inputPeer(place.chat), id, message: text.trim() })
  } catch (error) {
    sayError(error)
  }
}

/** The arrow up in an empty field takes one's last message up again. */
function editLast(place: Place, event: KeyboardEvent): void {
  const list = openHistory(place)?.messages.peek() ?? []
  const last = list.findLast((message) => message._ === 'message' && message.out && message.message !== '')
  if (last?._ !== 'message' || nowS() - last.date > 48 * 3600) return
  event.preventDefault()
  composing.value = { place, edit: last }
}

/** Keeps what is being written on the server, for one's other devices, and for when the tab is closed. */
function useDraft(place: Place, text: string, touched: { current: boolean }, editing: boolean): void {
  const latest = useRef(text)
  latest.current = text
  const known = useRef(dialog(place.chat)?.draft?.message ?? '')
  const keep = () => {
    const draft = latest.current.slice(0, 4096)
    if (place.thread || editing || !touched.current || draft === known.current || !self()) return
    known.current = draft
    const made = { _: 'draftMessage', message: draft, date: nowS() } as const
    patch(place.chat, { draft: draft ? made : undefined })
    call({ _: 'messages.saveDraft', peer: inputPeer(place.chat), message: draft }).catch(() => undefined)
  }
  useEffect(() => {
    const timer = setTimeout(keep, DRAFT_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text])
  useEffect(() => {
    addEventListener('pagehide', keep)
    return () => {
      removeEventListener('pagehide', keep)
      keep()
    }
  }, [placeKey(place)])
}
