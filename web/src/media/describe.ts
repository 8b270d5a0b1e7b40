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
