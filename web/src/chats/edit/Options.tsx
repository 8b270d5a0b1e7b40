import type { tl } from '@mtcute/tl'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n/i18n.js'
import { channelKey, type PeerKey } from '../../peers/key.js'
import { chatName, inputChannel, learn } from '../../peers/peers.js'
import { duration } from '../../session/errors.js'
import { call } from '../../session/session.js'
import { say, sayError } from '../../ui/toast.js'

/** The pauses between two messages of a member that the protocol knows, in seconds. */
const PAUSES_S = [0, 10, 30, 60, 300, 900, 3600]

/** What is switched: signatures, slow mode, where a channel is discussed; and the link that invites. */
export function Options({ chat, channel, full }: { chat: PeerKey; channel: tl.RawChannel; full: tl.RawChannelFull }) {
  const link = full.exportedInvite?._ === 'chatInviteExported' ? full.exportedInvite.link : undefined
  return (
    <section class="edit-part" aria-label={t('edit.options')}>
      {channel.broadcast && <Signatures chat={chat} now={channel.signatures ?? false} />}
      {channel.broadcast && <Discussion chat={chat} now={full.linkedChatId} />}
      {channel.megagroup && (channel.creator || channel.adminRights?.banUsers) && <SlowMode chat={chat} now={full.slowmodeSeconds ?? 0} />}
      {link && (
        <label class="field">
          {t('edit.invite')}
          <span class="with-button">
            <input type="text" dir="ltr" readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
            <button type="button" class="button plain" onClick={() => void navigator.clipboard.writeText(link).then(() => say(t('message.copied')), sayError)}>
              {t('edit.copy')}
            </button>
          </span>
        </label>
      )}
    </section>
  )
}

function Signatures({ chat, now }: { chat: PeerKey; now: boolean }) {
  const set = (signaturesEnabled: boolean) => call({ _: 'channels.toggleSignatures', channel: inputChannel(chat), signaturesEnabled })
  return (
    <label class="option">
      <input type="checkbox" checked={now} onChange={(event) => void set(event.currentTarget.checked).catch(sayError)} />
      {t('edit.signatures')}
    </label>
  )
}

function SlowMode({ chat, now }: { chat: PeerKey; now: number }) {
  const [seconds, setSeconds] = useState(now)
  const set = async (wanted: number) => {
    try {
      await call({ _: 'channels.toggleSlowMode', channel: inputChannel(chat), seconds: wanted })
      setSeconds(wanted)
    } catch (error) {
      sayError(error)
    }
  }
  return (
    <label class="field">
      {t('edit.slow')}
      <select value={String(seconds)} onChange={(event) => void set(Number(event.currentTarget.value))}>
        {PAUSES_S.map((pause) => (
          <option key={pause} value={String(pause)}>{pause === 0 ? t('edit.slow_off') : duration(pause)}</option>
        ))}
      </select>
    </label>
  )
}

function Discussion({ chat, now }: { chat: PeerKey; now: number | undefined }) {
  const [linked, setLinked] = useState(now)
  const [groups, setGroups] = useState<PeerKey[]>([])
  useEffect(() => {
    call({ _: 'channels.getGroupsForDiscussion' }).then((found) => {
      learn({ users: [], chats: found.chats })
      setGroups(found.chats.filter(({ _: kind }) => kind === 'channel').map(({ id }) => channelKey(id)))
    }, sayError)
  }, [chat])
  const set = async (wanted: string) => {
    const group: tl.TypeInputChannel = wanted ? inputChannel(wanted as PeerKey) : { _: 'inputChannelEmpty' }
    try {
      await call({ _: 'channels.setDiscussionGroup', broadcast: inputChannel(chat), group })
      setLinked(wanted ? Number(wanted.slice(1)) : undefined)
    } catch (error) {
      sayError(error)
    }
  }
  const current = linked === undefined ? '' : channelKey(linked)
  const offered = current && !groups.includes(current) ? [current, ...groups] : groups
  return (
    <label class="field">
      {t('edit.discussion')}
      <select value={current} onChange={(event) => void set(event.currentTarget.value)}>
        <option value="">{t('edit.discussion_none')}</option>
        {offered.map((key) => (
          <option key={key} value={key}>{chatName(key)}</option>
        ))}
      </select>
    </label>
  )
}
