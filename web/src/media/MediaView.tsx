import type { tl } from '@mtcute/tl'
import { useEffect, useRef, useState } from 'preact/hooks'
import { language, t } from '../i18n/i18n.js'
import { Icon } from '../ui/Icon.js'
import { sayError } from '../ui/toast.js'
import { CallError } from '../session/errors.js'
import { blobUrl } from './cache.js'
import { bytes, fileName, fit, isPicture, keyOf, locationOf, photoFile, played, sizeOf } from './describe.js'
import { Player } from './Player.js'
import { save } from './save.js'
import { showPicture } from './Viewer.js'

/** The box that a picture in a message takes at most, in CSS pixels. */
const BOX = { w: 320, h: 360 }

/** The shape of a picture among others in an album; it fills its place. */
type Tile = 'square' | 'wide'

/** What a message holds beside its text. */
export function MediaView({ media, caption, tile }: { media: tl.TypeMessageMedia; caption: string; tile?: Tile }) {
  if (media._ === 'messageMediaPhoto' && media.photo?._ === 'photo') return <Photo photo={media.photo} caption={caption} tile={tile} />
  if (media._ === 'messageMediaDocument' && media.document?._ === 'document') {
    const { document } = media
    if (isPicture(document)) return <Picture document={document} caption={caption} tile={tile} />
    return played(document) ? <Player document={document} /> : <FileView document={document} />
  }
  if (media._ === 'messageMediaEmpty' || media._ === 'messageMediaWebPage') return null
  return <p class="quiet">{t('media.unsupported')}</p>
}

function Photo({ photo, caption, tile }: { photo: tl.RawPhoto; caption: string; tile: Tile | undefined }) {
  const small = photoFile(photo, 640)
  if (!small) return <p class="quiet">{t('media.unsupported')}</p>
  const at = (type: string): tl.TypeInputFileLocation => ({
    _: 'inputPhotoFileLocation',
    id: photo.id,
    accessHash: photo.accessHash,
    fileReference: photo.fileReference,
    thumbSize: type,
  })
  const key = `photo ${photo.id.low} ${photo.id.high}`
  const load = (progress: (done: number, of: number) => void) =>
    blobUrl(`${key} ${small.type}`, at(small.type), small.bytes, 'image/jpeg', progress)
  const large = photoFile(photo, 4096) ?? small
  const open = () =>
    showPicture({
      label: caption || t('media.photo'),
      name: `photo-${photo.id.low >>> 0}.jpg`,
      url: () => blobUrl(`${key} ${large.type}`, at(large.type), large.bytes, 'image/jpeg'),
    })
  return <Loaded size={fit(small.w, small.h, BOX)} tile={tile} label={caption || t('media.photo')} load={load} onOpen={open} />
}

function Picture({ document, caption, tile }: { document: tl.RawDocument; caption: string; tile: Tile | undefined }) {
  const size = sizeOf(document)!
  const load = (progress?: (done: number, of: number) => void) =>
    blobUrl(keyOf(document), locationOf(document), document.size, document.mimeType, progress)
  const label = caption || fileName(document) || t('media.picture')
  const open = () => showPicture({ label, name: fileName(document) ?? 'picture', url: () => load() })
  return <Loaded size={fit(size.w, size.h, BOX)} tile={tile} label={label} load={load} onOpen={open} />
}

/** A picture in the place that it will take, while it comes. */
function Loaded(props: {
  size: { w: number; h: number }
  tile: Tile | undefined
  label: string
  load: (progress: (done: number, of: number) => void) => Promise<string>
  onOpen: () => void
}) {
  const [url, setUrl] = useState<string | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  const [part, setPart] = useState(0)
  useEffect(() => {
    let wanted = true
    props.load((done, of) => wanted && setPart(done / of)).then(
      (ready) => wanted && setUrl(ready),
      () => wanted && setFailed(true),
    )
    return () => void (wanted = false)
  }, [])
  const box = props.tile ? { aspectRatio: props.tile === 'wide' ? '2' : '1' } : { width: `${props.size.w}px`, aspectRatio: `${props.size.w} / ${props.size.h}` }
  return (
    <button type="button" class="picture" style={box} onClick={props.onOpen} aria-label={t('media.open', { what: props.label })}>
      {url ? (
        <img src={url} alt={props.label} width={props.size.w} height={props.size.h} />
      ) : failed ? (
        <span class="quiet">{t('media.failed')}</span>
      ) : (
        <progress value={part} max={1} aria-label={t('media.loading')} />
      )}
    </button>
  )
}

/** A file to be fetched. */
export function FileView({ document }: { document: tl.RawDocument }) {
  const [part, setPart] = useState<number | undefined>(undefined)
  const stop = useRef<AbortController | undefined>(undefined)
  const name = fileName(document) ?? t('media.file')
  const fetchIt = async () => {
    if (stop.current) return stop.current.abort()
    const controller = (stop.current = new AbortController())
    setPart(0)
    try {
      // Whatever the sender says it is, the browser is only told to save it.
      const url = await blobUrl(
        keyOf(document),
        locationOf(document),
        document.size,
        'application/octet-stream',
        (done, of) => setPart(done / of),
        controller.signal,
      )
      save(url, name)
    } catch (error) {
      if (!(error instanceof CallError && error.is('CANCELLED'))) sayError(error)
    } finally {
      stop.current = undefined
      setPart(undefined)
    }
  }
  const running = part !== undefined
  return (
    <button type="button" class="file" onClick={() => void fetchIt()}>
      <span class="file-sign">
        <Icon name={running ? 'close' : 'download'} />
      </span>
      <span class="file-words">
        <bdi class="name">{name}</bdi>
        <span class="quiet">
          {running ? t('media.percent', { n: String(Math.floor(part * 100)) }) : bytes(document.size, language.value)}
        </span>
      </span>
      {running && <progress value={part} max={1} aria-label={t('media.loading')} />}
    </button>
  )
}
