import { useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { go } from '../app/route.js'
import { chatList } from '../chats/dialogs.js'
import { Avatar } from '../peers/Avatar.js'
import { userKey, type PeerKey } from '../peers/key.js'
import { Name } from '../peers/Name.js'
import { chatName, inputPeer } from '../peers/peers.js'
import { self, sendCall } from '../session/session.js'
import { Modal } from '../ui/Modal.js'
import { sayError } from '../ui/toast.js'
import { canWrite, forwarding } from './actions.js'

/** Asks where a message is to be forwarded. */
export function ForwardPlace() {
  const what = forwarding.value
  const [text, setText] = useState('')
  if (!what) return null
  const close = () => (forwarding.value = undefined)
  const saved = userKey(self())
  const all = [saved, ...chatList.value.map(({ key }) => key).filter((key) => key !== saved)]
  const list = all.filter((key) => canWrite({ chat: key }) && chatName(key).toLowerCase().includes(text.trim().toLowerCase()))
  const send = async (to: PeerKey) => {
    close()
    const randomId = what.ids.map(() => {
      const [low = 0, high = 0] = crypto.getRandomValues(new Int32Array(2))
      return { low, high, unsigned: false } as never
    })
    try {
      await sendCall({ _: 'messages.forwardMessages', fromPeer: inputPeer(what.chat), toPeer: inputPeer(to), id: what.ids, randomId })
      go({ chat: to })
    } catch (error) {
      sayError(error)
    }
  }
  return (
    <Modal title={t('message.forward_to')} onClose={close}>
      <label class="field">
        {t('search.placeholder')}
        <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <ul class="people">
        {list.map((key) => (
          <li key={key}>
            <button type="button" class="person" onClick={() => void send(key)}>
              <Avatar of={key} size={38} chat />
              <span class="person-words"><Name of={key} chat /></span>
            </button>
          </li>
        ))}
      </ul>
    </Modal>
  )
}
