import { signal } from '@preact/signals'
import type { tl } from '@mtcute/tl'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../../i18n/i18n.js'
import { go, route } from '../../app/route.js'
import type { PeerKey } from '../../peers/key.js'
import { channel, inputChannel, learn } from '../../peers/peers.js'
import { call } from '../../session/session.js'
import { ask } from '../../ui/confirm.js'
import { Modal } from '../../ui/Modal.js'
import { sayError } from '../../ui/toast.js'
import { remove } from '../dialogs.js'
import { Admins } from './Admins.js'
import { Details } from './Details.js'
import { Options } from './Options.js'

const editing = signal<PeerKey | undefined>(undefined)

/** Opens the window in which a channel or group is changed. */
export function editChannel(chat: PeerKey): void {
  editing.value = chat
}

/** Where a channel or group is changed; it stands once on the page. */
export function EditPlace() {
  const chat = editing.value
  const [full, setFull] = useState<tl.RawChannelFull | undefined>(undefined)
  const close = () => (editing.value = undefined)
  const load = async (of: PeerKey) => {
    try {
      const answer = await call({ _: 'channels.getFullChannel', channel: inputChannel(of) })
      learn(answer)
      if (answer.fullChat._ === 'channelFull') setFull(answer.fullChat)
    } catch (error) {
      close()
      sayError(error)
    }
  }
  useEffect(() => {
    setFull(undefined)
    if (chat) void load(chat)
  }, [chat])
  const found = chat && channel(chat)
  if (!chat || found?._ !== 'channel') return null
  return (
    <Modal title={found.broadcast ? t('edit.channel') : t('edit.group')} onClose={close}>
      {full ? (
        <>
          <Details chat={chat} channel={found} full={full} />
          <Options chat={chat} channel={found} full={full} />
          <Admins chat={chat} channel={found} />
          {found.creator && (
            <section class="edit-part">
              <button type="button" class="button grave" onClick={() => void destroy(chat, close)}>
                {found.broadcast ? t('edit.delete_channel') : t('edit.delete_group')}
              </button>
            </section>
          )}
        </>
      ) : (
        <p class="quiet" role="status">{t('chat.loading')}</p>
      )}
    </Modal>
  )
}

async function destroy(chat: PeerKey, close: () => void): Promise<void> {
  const answer = await ask({
    title: t('edit.delete_title'),
    text: t('edit.delete_text'),
    answers: [{ label: t('message.delete'), value: 'yes', grave: true }],
  })
  if (!answer) return
  try {
    await call({ _: 'channels.deleteChannel', channel: inputChannel(chat) })
  } catch (error) {
    return sayError(error)
  }
  close()
  remove(chat)
  if (route.peek().chat === chat) go({})
}
