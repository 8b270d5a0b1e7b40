import { useId, useState } from 'preact/hooks'
import { t } from '../i18n/i18n.js'
import { Icon } from '../ui/Icon.js'
import { focusOnce } from './Phone.js'

/** A field for a password, which can be shown to who types it. */
export function PasswordField(props: {
  label: string
  value: string
  onInput: (value: string) => void
  /** What the browser's own keeper of passwords may fill in. */
  fills: 'current-password' | 'new-password'
  invalid?: boolean
  describedBy?: string
  focus?: boolean
}) {
  const [shown, setShown] = useState(false)
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <span class="password">
        <input
          id={id}
          {...(shown ? { type: 'text' } : { type: 'password' })}
          autocomplete={props.fills}
          autocapitalize="off"
          spellcheck={false}
          dir="auto"
          maxLength={1024}
          required
          value={props.value}
          aria-invalid={props.invalid ?? false}
          aria-describedby={props.describedBy}
          onInput={(event) => props.onInput(event.currentTarget.value)}
          ref={props.focus ? focusOnce : undefined}
        />
        <button type="button" class="round" aria-label={t('password.show')} aria-pressed={shown} onClick={() => setShown(!shown)}>
          <Icon name={shown ? 'hide' : 'eye'} />
        </button>
      </span>
    </div>
  )
}
