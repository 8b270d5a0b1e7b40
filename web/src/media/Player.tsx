import type { tl } from '@mtcute/tl'
import { useEffect, useRef, useState } from 'preact/hooks'
import { language, t } from '../i18n/i18n.js'
import { CallError } from '../session/errors.js'
import { Icon } from '../ui/Icon.js'
import { sayError } from '../ui/toast.js'
import { blobUrl } from './cache.js'
import { bytes, clock, fileName, fit, isVoice, keyOf, lasts, locationOf, played, sizeOf } from './describe.js'
import { save } from './save.js'

/** The place that a video in a message takes at most, in CSS pixels. */
const BOX = { w: 400, h: 400 }
/** The shape of a video whose sender did not tell it. */
const USUAL = { w: 16, h: 9 }

/** A sound or a video. It is fetched when somebody wants to hear or see it, and starts then; never by itself. */
export function Player({ document }: { document: tl.RawDocument }) {
  const [url, setUrl] = useState<string | undefined>(undefined)
  const [part, setPart] = useState<number | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  const stop = useRef<AbortController | undefined>(undefined)
  // Who goes on to another chat does not wait for it any more.
  useEffect(() => () => stop.current?.abort(), [])
  const name = isVoice(document) ? t('media.voice') : (fileName(document) ?? t('media.recording'))
  const kind = played(document)
  const running = part !== undefined

  const fetchIt = async () => {
    if (stop.current) return stop.current.abort()
    const controller = (stop.current = new AbortController())
    setPart(0)
    try {
      const progress = (done: number, of: number) => setPart(done / of)
      setUrl(await blobUrl(`play ${keyOf(document)}`, locationOf(document), document.size, document.mimeType, progress, controller.signal))
    } catch (error) {
      if (!(error instanceof CallError && error.is('CANCELLED'))) sayError(error)
    } finally {
      stop.current = undefined
      setPart(undefined)
    }
  }
  const length = lasts(document)
  const facts = [length ? clock(length) : '', bytes(document.size, language.value)].filter(Boolean).join(' · ')
  const size = sizeOf(document)
  const box = size?.w && size.h ? fit(size.w, size.h, BOX) : fit(USUAL.w * 100, USUAL.h * 100, BOX)
  return (
    <div class="player" style={kind === 'video' ? { width: `${Math.max(box.w, 240)}px` } : undefined}>
      {url && !failed && <Recording kind={kind ?? 'audio'} url={url} name={name} shape={box} onError={() => setFailed(true)} />}
      {failed && <p class="quiet">{t('media.not_played')}</p>}
      <div class="file">
        {!url && (
          <button type="button" class="file-sign" onClick={() => void fetchIt()} aria-label={running ? t('action.cancel') : t('media.play', { name })}>
            <Icon name={running ? 'close' : 'play'} />
          </button>
        )}
        <span class="file-words">
          <bdi class="name">{name}</bdi>
          <span class="quiet">{running ? t('media.percent', { n: String(Math.floor(part * 100)) }) : facts}</span>
        </span>
        {url && (
          <button type="button" class="round" onClick={() => save(url, fileName(document) ?? name)} aria-label={t('media.save', { name })}>
            <Icon name="download" />
          </button>
        )}
        {running && <progress value={part} max={1} aria-label={t('media.loading')} />}
      </div>
    </div>
  )
}

function Recording(props: { kind: 'audio' | 'video'; url: string; name: string; shape: { w: number; h: number }; onError: () => void }) {
  const element = useRef<HTMLMediaElement>(null)
  useEffect(() => {
    // Somebody pressed the button for it. Where the browser thinks that too long ago, they press another one.
    element.current?.play().catch(() => undefined)
  }, [])
  const same = { src: props.url, controls: true, 'aria-label': props.name, onError: props.onError }
  return props.kind === 'video' ? (
    <video {...same} playsInline style={{ aspectRatio: `${props.shape.w} / ${props.shape.h}` }} ref={element as { current: HTMLVideoElement | null }} />
  ) : (
    <audio {...same} ref={element as { current: HTMLAudioElement | null }} />
  )
}
