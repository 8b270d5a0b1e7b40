import { t } from '../i18n/i18n.js'
import { chatName, nameOf, peer, type KnownPeer } from './peers.js'
import type { PeerKey } from './key.js'

/** A name as strangers chose it: kept in its line, in its own direction, whatever is in it. */
export function Name({ of, chat = false }: { of: PeerKey; chat?: boolean }) {
  const found = peer(of).value
  return (
    <>
      <bdi class="name">{chat ? chatName(of) : nameOf(found)}</bdi>
      <Badge of={found} />
    </>
  )
}

/** What moderators or the house say of somebody. */
function Badge({ of }: { of: KnownPeer | undefined }) {
  if (!of || of._ === 'channelForbidden') return null
  if (of.scam) return <span class="badge grave">{t('peer.scam')}</span>
  if (of.fake) return <span class="badge grave">{t('peer.fake')}</span>
  if (of._ === 'user' && of.bot) return <span class="badge">{t('peer.bot')}</span>
  return null
}
