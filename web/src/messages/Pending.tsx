import { useEffect, useState } from 'preact/hooks'
import { language, t } from '../i18n/i18n.js'
import { inWords, CallError } from '../session/errors.js'
import { connection } from '../session/session.js'
import { bytes } from '../media/describe.js'
import { Icon } from '../ui/Icon.js'
import { drop, progress, retry, type Outgoing } from './outbox.js'
import { Text } from './Text.js'

/** A message that is on its way, or that was refused. */
export function Pending({ one }: { one: Outgoing }) {
  const part = progress.value.get(one.key)
  return (
    <article class={one.failed ? 'message out pending failed' : 'message out pending'}>
      <div class="bubble">
        {one.file && (
          <div class="file">
            {one.file.asPhoto ? <Thumb blob={one.file.blob} /> : <Icon name="file" />}
            <span class="file-words">
              <bdi class="name">{one.file.name}</bdi>
              <span class="quiet">
                {part === undefined ? bytes(one.file.blob.size, language.value) : t('media.percent', { n: String(Math.floor(part * 100)) })}
              </span>
            </span>
            {part !== undefined && <progress value={part} max={1} aria-label={t('media.sending')} />}
          </div>
        )}
        {one.album && (
          <div class="file">
            <div class="pending-album">
              {one.album.map(({ file }, at) => (
                <Thumb key={at} blob={file.blob} />
              ))}
            </div>
            {part !== undefined && <progress value={part} max={1} aria-label={t('media.sending')} />}
          </div>
        )}
        {one.text && <Text text={one.text} />}
        <footer class="foot">
          {one.failed ? (
            <span class="why">{inWords(new CallError({ code: 0, ...one.failed }))}</span>
          ) : (
            <>
              <span>{connection.value === 'connected' ? t('message.sending') : t('message.waiting')}</span>
              <Icon name="clock" size={15} />
            </>
          )}
        </footer>
        {(one.failed || one.file || one.album || connection.value !== 'connected') && (
          <div class="choices small">
            {one.failed && (
              <button type="button" class="link" onClick={() => void retry(one)}>
                {t('action.again')}
              </button>
            )}
            <button type="button" class="link" onClick={() => void drop(one)}>
              {one.failed ? t('action.drop') : t('action.cancel')}
            </button>
          </div>
        )}
      </div>
    </article>
  )
}

function Thumb({ blob }: { blob: Blob }) {
  const [url, setUrl] = useState('')
  useEffect(() => {
    const made = URL.createObjectURL(blob)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [blob])
  return <img class="attachment" src={url} alt="" />
}
