import { useEffect, useState } from 'preact/hooks'
import { language, t } from '../i18n/i18n.js'
import { bytes } from '../media/describe.js'
import { Icon } from '../ui/Icon.js'
import type { OutgoingFile } from './outbox.js'

/** The largest file that the server takes, and the largest that it makes a photo of; `docs/limits.md`. */
const FILE_MAX = 50_000_000
const PHOTO_MAX = 10_000_000
const PHOTO_TYPES = new Set(['image/jpeg', 'image/png', 'image/webp'])

/** A file that is about to be sent. */
export interface Attached {
  file: OutgoingFile
  /** Whether it could go as a photo. */
  picture: boolean
}

/** Takes a file in, or says why it cannot be sent. */
export async function attach(file: File): Promise<Attached | string> {
  if (file.size > FILE_MAX) return t('compose.too_big', { name: file.name, most: bytes(FILE_MAX, language.value) })
  if (file.size === 0) return t('compose.empty_file', { name: file.name })
  const size = file.type.startsWith('image/') ? await measured(file) : undefined
  const picture = size !== undefined && PHOTO_TYPES.has(file.type) && file.size <= PHOTO_MAX
  return { file: { blob: file, name: file.name, asPhoto: picture, ...size }, picture }
}

/** The most pictures of an album; `docs/limits.md`. */
const ALBUM_MAX = 10

/** What goes in one message each: photos that follow each other go together, other files alone. */
export function inAlbums(list: readonly Attached[]): OutgoingFile[][] {
  const groups: OutgoingFile[][] = []
  for (const { file } of list) {
    const group = groups.at(-1)
    if (file.asPhoto && group?.[0]?.asPhoto && group.length < ALBUM_MAX) group.push(file)
    else groups.push([file])
  }
  return groups
}

async function measured(file: File): Promise<{ width: number; height: number } | undefined> {
  try {
    const bitmap = await createImageBitmap(file)
    const { width, height } = bitmap
    bitmap.close()
    return { width, height }
  } catch {
    return undefined
  }
}

export function Attachments({ list, onChange }: { list: Attached[]; onChange: (list: Attached[]) => void }) {
  if (list.length === 0) return null
  return (
    <ul class="attachments" aria-label={t('compose.attached')}>
      {list.map((one, at) => (
        <li key={`${one.file.name} ${at}`}>
          {one.picture ? <Preview blob={one.file.blob} /> : <Icon name="file" size={28} />}
          <span class="file-words">
            <bdi class="name">{one.file.name}</bdi>
            <span class="quiet">{bytes(one.file.blob.size, language.value)}</span>
            {one.picture && (
              <label class="as-file">
                <input
                  type="checkbox"
                  checked={!one.file.asPhoto}
                  onChange={(event) => {
                    const asPhoto = !event.currentTarget.checked
                    onChange(list.with(at, { ...one, file: { ...one.file, asPhoto } }))
                  }}
                />
                {t('compose.as_file')}
              </label>
            )}
          </span>
          <button type="button" class="round" aria-label={t('compose.detach', { name: one.file.name })} onClick={() => onChange(list.toSpliced(at, 1))}>
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}

function Preview({ blob }: { blob: Blob }) {
  const [url, setUrl] = useState('')
  useEffect(() => {
    const made = URL.createObjectURL(blob)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [blob])
  return <img class="attachment" src={url} alt="" />
}
