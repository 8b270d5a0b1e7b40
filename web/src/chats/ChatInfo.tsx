import { useEffect, useState } from 'preact/hooks'
import { n, t } from '../i18n/i18n.js'
import { Avatar } from '../peers/Avatar.js'
import { Name } from '../peers/Name.js'
import { isUser, userKey, type PeerKey } from '../peers/key.js'
import { channel, inputChannel, inputUser, learn, peer, user, usernameOf } from '../peers/peers.js'
import { call } from '../session/session.js'
import { Text } from '../messages/Text.js'
import { Modal } from '../ui/Modal.js'
import { Icon } from '../ui/Icon.js'
import { openMenu } from '../ui/Menu.js'
import { chatMenu } from './actions.js'
import { presence, subtitle } from './subtitle.js'

interface About {
  text: string
  members: PeerKey[]
  count: number | undefined
}

/** Who a chat is with: a person, or a channel with its description and members. */
export function ChatInfo({ chat, onClose, onOpen }: { chat: PeerKey; onClose: () => void; onOpen: (chat: PeerKey) => void }) {
  const [about, setAbout] = useState<About | undefined>(undefined)
  useEffect(() => {
    void load(chat).then(setAbout, () => undefined)
  }, [chat])
  const username = usernameOf(peer(chat).value)
  const found = user(Number(chat.slice(1)))
  return (
    <Modal title={t('chat.info')} onClose={onClose}>
      <div class="info-head">
        <Avatar of={chat} size={88} chat />
        <h3>
          <Name of={chat} chat />
        </h3>
        <p class="quiet">{subtitle(chat)}</p>
      </div>
      {about?.text && <Text text={about.text} />}
      <dl class="facts">
        {username && (
          <>
            <dt>{t('chat.username')}</dt>
            <dd>@{username}</dd>
          </>
        )}
        {isUser(chat) && found?.phone && (
          <>
            <dt>{t('chat.phone')}</dt>
            <dd>+{found.phone}</dd>
          </>
        )}
      </dl>
      <div class="choices">
        <button type="button" class="button" onClick={() => onOpen(chat)}>
          {t('chat.open')}
        </button>
        <button type="button" class="button plain" aria-haspopup="menu" onClick={(event) => openMenu(event, chatMenu(chat))}>
          <Icon name="more" size={20} /> {t('chat.more')}
        </button>
      </div>
      {about && about.members.length > 0 && (
        <section aria-label={t('chat.members_title')}>
          <h3>{about.count === undefined ? t('chat.members_title') : n('chat.members', about.count)}</h3>
          <ul class="people">
            {about.members.map((member) => (
              <li key={member}>
                <button type="button" class="person" onClick={() => onOpen(member)}>
                  <Avatar of={member} size={38} />
                  <span class="person-words">
                    <Name of={member} />
                    <span class="quiet line">{presenceOf(member)}</span>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Modal>
  )
}

function presenceOf(member: PeerKey): string {
  const found = peer(member).value
  return found?._ === 'user' ? presence(found) : ''
}

/** How many members are shown. */
const MEMBERS = 100

async function load(chat: PeerKey): Promise<About> {
  if (isUser(chat)) {
    const full = await call({ _: 'users.getFullUser', id: inputUser(chat) })
    learn(full)
    return { text: full.fullUser.about ?? '', members: [], count: undefined }
  }
  const full = await call({ _: 'channels.getFullChannel', channel: inputChannel(chat) })
  learn(full)
  if (full.fullChat._ !== 'channelFull') return { text: '', members: [], count: undefined }
  const { about, participantsCount, canViewParticipants } = full.fullChat
  const known = channel(chat)
  const members = canViewParticipants && known?._ === 'channel' && !known.left ? await loadMembers(chat) : []
  return { text: about, members, count: participantsCount }
}

async function loadMembers(chat: PeerKey): Promise<PeerKey[]> {
  const page = await call({
    _: 'channels.getParticipants',
    channel: inputChannel(chat),
    filter: { _: 'channelParticipantsRecent' },
    offset: 0,
    limit: MEMBERS,
    hash: { low: 0, high: 0, unsigned: false } as never,
  }).catch(() => undefined)
  if (page?._ !== 'channels.channelParticipants') return []
  learn(page)
  return page.participants.flatMap((one) => ('userId' in one ? [userKey(one.userId)] : []))
}
