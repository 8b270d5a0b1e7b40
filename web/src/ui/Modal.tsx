import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { Icon } from './Icon.js'

/** A window over the page. The browser keeps the focus inside, and Escape closes it. */
export function Modal(props: { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean }) {
  const element = useRef<HTMLDialogElement>(null)
  const title = useId()
  useEffect(() => {
    const dialog = element.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={element}
      class={props.wide ? 'modal wide' : 'modal'}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault()
        props.onClose()
      }}
      onClick={(event) => {
        // The area around the window belongs to the element itself.
        if (event.target === element.current) props.onClose()
      }}
    >
      <div class="modal-body">
        <header class="modal-head">
          <h2 id={title}>{props.title}</h2>
          <button type="button" class="round" aria-label={t('action.close')} onClick={props.onClose}>
            <Icon name="close" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  )
}
