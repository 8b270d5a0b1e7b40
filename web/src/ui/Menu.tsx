import { signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { Icon, type IconName } from './Icon.js'

/** One thing that a menu offers. */
export interface MenuItem {
  icon: IconName
  label: string
  onPick: () => void
  grave?: boolean
}

const open = signal<{ items: MenuItem[]; x: number; y: number; from: HTMLElement | null } | undefined>(undefined)

/** Opens a menu where the pointer is, or beside what the keyboard is on. */
export function openMenu(event: MouseEvent, items: MenuItem[]): void {
  event.preventDefault()
  event.stopPropagation()
  const from = event.currentTarget as HTMLElement
  const box = from.getBoundingClientRect()
  // A click by keyboard has no place of its own.
  const pointed = event.detail > 0 || event.type === 'contextmenu'
  const x = pointed && event.clientX ? event.clientX : box.left
  const y = pointed && event.clientY ? event.clientY : box.bottom
  open.value = { items, x, y, from: document.activeElement as HTMLElement | null }
}

/** Where menus appear; it stands once on the page. */
export function MenuPlace() {
  const shown = open.value
  const element = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const menu = element.current
    if (!shown || !menu) return
    const { width, height } = menu.getBoundingClientRect()
    menu.style.left = `${Math.max(8, Math.min(shown.x, innerWidth - width - 8))}px`
    menu.style.top = `${Math.max(8, Math.min(shown.y, innerHeight - height - 8))}px`
    menu.querySelector('button')?.focus()
  }, [shown])
  useEffect(() => {
    if (!shown) return
    const close = () => (open.value = undefined)
    addEventListener('resize', close)
    return () => removeEventListener('resize', close)
  }, [shown])
  if (!shown) return null

  const close = () => {
    open.value = undefined
    shown.from?.focus()
  }
  const keys = (event: KeyboardEvent) => {
    const buttons = [...(element.current?.querySelectorAll('button') ?? [])]
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      buttons.at((at + step + buttons.length) % buttons.length)?.focus()
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault()
      event.stopPropagation()
      close()
    }
  }
  return (
    <div class="menu-behind" onClick={close} onContextMenu={(event) => (event.preventDefault(), close())}>
      <div class="menu" role="menu" ref={element} onKeyDown={keys}>
        {shown.items.map((item) => (
          <button
            type="button"
            role="menuitem"
            key={item.label}
            class={item.grave ? 'grave' : undefined}
            onClick={(event) => {
              event.stopPropagation()
              close()
              item.onPick()
            }}
          >
            <Icon name={item.icon} size={20} />
            {item.label}
          </button>
        ))}
      </div>
    </div>
  )
}
