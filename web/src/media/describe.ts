import type { tl } from '@mtcute/tl'

/** The name that a file was sent under. */
export function fileName(document: tl.RawDocument): string | undefined {
  for (const attribute of document.attributes) {
    if (attribute._ === 'documentAttributeFilename') return attribute.fileName
  }
  return undefined
}

/** Pictures that browsers show; an SVG is a program and is only offered as a file. */
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])

export function isImage(document: tl.RawDocument): boolean {
  return SHOWN.has(document.mimeType)
}

/** The largest picture that is shown where it stands, in bytes; larger ones are files to be fetched. */
const PICTURE_MAX = 5_000_000

/** Whether a message's media stands there as a picture. */
export function isShown(media: tl.TypeMessageMedia): boolean {
  if (media._ === 'messageMediaPhoto') return media.photo?._ === 'photo'
  return media._ === 'messageMediaDocument' && media.document?._ === 'document' && isPicture(media.document)
}

export function isPicture(document: tl.RawDocument): boolean {
  return isImage(document) && sizeOf(document) !== undefined && document.size < PICTURE_MAX
}

/** The largest recording that is played here, in bytes: all of it is in memory meanwhile. */
const PLAYED_MAX = 100_000_000
/** Kinds of sound and video that browsers play. What a sender calls something else is only a file. */
const PLAYED = new Set([
  'audio/aac',
  'audio/flac',
  'audio/mp4',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/webm',
  'audio/x-flac',
  'audio/x-m4a',
  'audio/x-wav',
  'video/mp4',
  'video/ogg',
  'video/quicktime',
  'video/webm',
])

/** How a recording is played: by its sound alone, or as a video; nothing for what is no recording. */
export function played(document: tl.RawDocument): 'audio' | 'video' | undefined {
  if (!PLAYED.has(document.mimeType) || document.size > PLAYED_MAX) return undefined
  return document.mimeType.startsWith('video/') ? 'video' : 'audio'
}

/** How long a recording lasts, in seconds, as the sender told it. */
export function lasts(document: tl.RawDocument): number | undefined {
  for (const attribute of document.attributes) {
    if (attribute._ === 'documentAttributeAudio' || attribute._ === 'documentAttributeVideo') return attribute.duration
  }
  return undefined
}

/** Whether a recording was spoken for this chat, and is not a piece of music. */
export function isVoice(document: tl.RawDocument): boolean {
  return document.attributes.some((attribute) => attribute._ === 'documentAttributeAudio' && attribute.voice === true)
}

/** `3:07`, as the length of a recording is read. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (number: number) => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** Width and height as the sender told them. */
export function sizeOf(document: tl.RawDocument): { w: number; h: number } | undefined {
  for (const attribute of document.attributes) {
    if (attribute._ === 'documentAttributeImageSize' || attribute._ === 'documentAttributeVideo') return attribute
  }
  return undefined
}

/** A size of a photo that the server holds as a file. */
export interface PhotoFile {
  type: string
  w: number
  h: number
  bytes: number
}

/** The smallest file of a photo that is at least so wide or high, else the largest. */
export function photoFile(photo: tl.RawPhoto, side: number): PhotoFile | undefined {
  const files = photo.sizes.flatMap((size): PhotoFile[] => {
    if (size._ === 'photoSize') return [{ ...size, bytes: size.size }]
    if (size._ === 'photoSizeProgressive') return [{ ...size, bytes: Math.max(...size.sizes) }]
    return []
  })
  files.sort((a, b) => a.w * a.h - b.w * b.h)
  return files.find(({ w, h }) => Math.max(w, h) >= side) ?? files.at(-1)
}

/** The place a picture takes in a box, before it is there. */
export function fit(w: number, h: number, box: { w: number; h: number }): { w: number; h: number } {
  const scale = Math.min(1, box.w / Math.max(1, w), box.h / Math.max(1, h))
  return { w: Math.max(48, Math.round(w * scale)), h: Math.max(48, Math.round(h * scale)) }
}

/** `1.5 MB`, as files' sizes are read. */
export function bytes(size: number, language: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const step = Math.min(units.length - 1, size < 1 ? 0 : Math.floor(Math.log10(size) / 3))
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: units[step]!,
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(size / 1000 ** step)
}

/** The key under which a file stays ready to be shown. */
export const keyOf = ({ id }: tl.RawDocument): string => `file ${id.low} ${id.high}`

/** Where the server has a file. */
export function locationOf(document: tl.RawDocument): tl.TypeInputFileLocation {
  const { id, accessHash, fileReference } = document
  return { _: 'inputDocumentFileLocation', id, accessHash, fileReference, thumbSize: '' }
}
