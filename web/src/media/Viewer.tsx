import { signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { Modal } from '../ui/Modal.js'
import { save } from './save.js'

interface Shown {
  label: string
  name: string
  url: () => Promise<string>
}

const shown = signal<Shown | undefined>(undefined)

/** Shows a picture as large as the window. */
export function showPicture(picture: Shown): void {
  shown.value = picture
}

export function ViewerPlace() {
  const picture = shown.value
  const [url, setUrl] = useState<string | undefined>(undefined)
  useEffect(() => {
    setUrl(undefined)
    let wanted = true
    picture?.url().then((ready) => wanted && setUrl(ready), () => undefined)
    return () => void (wanted = false)
  }, [picture])
  if (!picture) return null
  return (
    <Modal title={t('media.photo')} onClose={() => (shown.value = undefined)} wide>
      <div class="viewer">
        {url ? <img src={url} alt={picture.label} /> : <p class="quiet">{t('media.loading')}</p>}
      </div>
      <div class="choices">
        <button type="button" class="button" disabled={!url} onClick={() => url && save(url, picture.name)}>
          {t('action.save')}
        </button>
      </div>
    </Modal>
  )
}
