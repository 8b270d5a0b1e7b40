import { useEffect, useState } from 'preact/hooks'
import { blobUrl } from '../media/cache.js'
import { self } from '../session/session.js'
import { initials } from './calm.js'
import { idOf, userKey, type PeerKey } from './key.js'
import { inputPeer, nameOf, peer, type KnownPeer } from './peers.js'

const COLOURS = 8

/** The picture of somebody, or the letters of their name. */
export function Avatar({ of, size = 46, chat = false }: { of: PeerKey; size?: number; chat?: boolean }) {
  const found = peer(of).value
  const photo = photoOf(found)
  const [url, setUrl] = useState<string | undefined>(undefined)
  useEffect(() => {
    setUrl(undefined)
    if (!photo) return
    let wanted = true
    const location = { _: 'inputPeerPhotoFileLocation' as const, peer: inputPeer(of), photoId: photo }
    blobUrl(`face ${of} ${photo.low} ${photo.high}`, location, 64 * 1024, 'image/jpeg').then(
      (ready) => wanted && setUrl(ready),
      () => undefined,
    )
    return () => void (wanted = false)
  }, [photo?.low, photo?.high])
  const saved = chat && of === userKey(self())
  const box = { width: `${size}px`, height: `${size}px`, fontSize: `${size * 0.38}px` }
  if (url) return <img class="avatar" style={box} src={url} alt="" />
  return (
    <span class={`avatar colour-${idOf(of) % COLOURS}`} style={box} aria-hidden="true">
      {saved ? '★' : initials(nameOf(found))}
    </span>
  )
}

function photoOf(found: KnownPeer | undefined) {
  if (!found || found._ === 'channelForbidden') return undefined
  const photo = found.photo
  return photo?._ === 'userProfilePhoto' || photo?._ === 'chatPhoto' ? photo.photoId : undefined
}
