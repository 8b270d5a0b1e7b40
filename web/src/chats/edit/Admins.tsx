import type { tl } from '@mtcute/tl'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n/i18n.js'
import { Avatar } from '../../peers/Avatar.js'
import { userKey, type PeerKey } from '../../peers/key.js'
import { Name } from '../../peers/Name.js'
import { inputChannel, inputUser, learn } from '../../peers/peers.js'
import { call } from '../../session/session.js'
import { sayError } from '../../ui/toast.js'
import { usualRights } from './rights.js'

/** How many members are offered. */
const OFFERED = 100

interface Admin {
  key: PeerKey
  creator: boolean
  /** Whether who looks at the list may take the rights away. */
  canEdit: boolean
}

/** The admins of a channel or group, and the members who could become one. */
export function Admins({ chat, channel }: { chat: PeerKey; channel: tl.RawChannel }) {
  const [admins, setAdmins] = useState<Admin[]>([])
  const [members, setMembers] = useState<PeerKey[] | undefined>(undefined)
  const load = () => listed(chat, { _: 'channelParticipantsAdmins' }).then((list) => setAdmins(list.flatMap(adminOf)), sayError)
  useEffect(() => void load(), [chat])
  const may = channel.creator === true || channel.adminRights?.addAdmins === true

  const change = async (key: PeerKey, adminRights: tl.RawChatAdminRights) => {
    try {
      await call({ _: 'channels.editAdmin', channel: inputChannel(chat), userId: inputUser(key), adminRights, rank: '' })
      setMembers(undefined)
      await load()
    } catch (error) {
      sayError(error)
    }
  }
  const offer = async () => {
    try {
      const list = await listed(chat, { _: 'channelParticipantsRecent' })
      const known = new Set(admins.map(({ key }) => key))
      setMembers(list.flatMap((one) => ('userId' in one ? [userKey(one.userId)] : [])).filter((key) => !known.has(key)))
    } catch (error) {
      sayError(error)
    }
  }
  return (
    <section class="edit-part" aria-labelledby="admins-title">
      <h3 id="admins-title">{t('edit.admins')}</h3>
      <ul class="devices">
        {admins.map(({ key, creator, canEdit }) => (
          <li key={key}>
            <Person of={key} word={creator ? t('edit.owner') : undefined} />
            {may && canEdit && !creator && (
              <button type="button" class="button plain" onClick={() => void change(key, { _: 'chatAdminRights' })}>
                {t('edit.demote')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {may && !members && (
        <button type="button" class="button plain" onClick={() => void offer()}>
          {t('edit.promote_somebody')}
        </button>
      )}
      {members && (
        <>
          <p class="quiet small">{members.length > 0 ? t('edit.promote_hint') : t('edit.promote_nobody')}</p>
          <ul class="devices">
            {members.map((key) => (
              <li key={key}>
                <Person of={key} />
                <button type="button" class="button plain" onClick={() => void change(key, usualRights(channel.broadcast ?? false))}>
                  {t('edit.promote')}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

function Person({ of, word }: { of: PeerKey; word?: string | undefined }) {
  return (
    <span class="with-face">
      <Avatar of={of} size={36} />
      <span class="person-words">
        <Name of={of} />
        {word && <span class="quiet small">{word}</span>}
      </span>
    </span>
  )
}

function adminOf(one: tl.TypeChannelParticipant): Admin[] {
  if (one._ === 'channelParticipantCreator') return [{ key: userKey(one.userId), creator: true, canEdit: false }]
  if (one._ === 'channelParticipantAdmin') return [{ key: userKey(one.userId), creator: false, canEdit: one.canEdit ?? false }]
  return []
}

async function listed(chat: PeerKey, filter: tl.TypeChannelParticipantsFilter): Promise<tl.TypeChannelParticipant[]> {
  const hash = { low: 0, high: 0, unsigned: false } as never
  const page = await call({ _: 'channels.getParticipants', channel: inputChannel(chat), filter, offset: 0, limit: OFFERED, hash })
  if (page._ !== 'channels.channelParticipants') return []
  learn(page)
  return page.participants
}
