import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks'
import { Rows } from './rows.js'

/** How far beyond the screen rows are drawn, in CSS pixels. */
const BEYOND_PX = 800
/** How near to an end more is asked for. */
const NEAR_PX = 1_500
/** How near to the end counts as being there. */
const END_PX = 40

/** What stays in place when rows come or change their heights. */
type Anchor = { at: 'end' } | { at: 'row'; key: string; offset: number }

interface Properties<T> {
  items: readonly T[]
  keyOf: (item: T) => string
  row: (item: T, at: number) => ComponentChildren
  label: string
  /** A row to go to, or the end; a new object goes there again. */
  target?: { key: string } | { end: true } | undefined
  onNearStart?: () => void
  onNearEnd?: () => void
  /** Called with the rows that are in sight, and whether the end is. */
  onSeen?: (rows: readonly T[], atEnd: boolean) => void
}

/** A list that draws only what is near the screen, and keeps what people read in its place. */
export function VirtualList<T>(props: Properties<T>) {
  const { items, keyOf, row, label, target } = props
  const box = useRef<HTMLDivElement>(null)
  const rows = useRef(new Rows()).current
  const anchor = useRef<Anchor>({ at: 'end' })
  const height = useRef(0)
  /** Where the list stood when it was looked at last. If it stands elsewhere now, people have moved it. */
  const stood = useRef(0)
  const [, redraw] = useReducer((count: number) => count + 1, 0)

  // The browser tells of scrolling late; what is drawn meanwhile must not take it back.
  follow()
  rows.set(useMemo(() => items.map(keyOf), [items]))

  const goneTo = useRef<object | undefined>(undefined)
  if (target && target !== goneTo.current && ('end' in target || rows.topOf(target.key) !== undefined)) {
    goneTo.current = target
    anchor.current = 'end' in target ? { at: 'end' } : { at: 'row', key: target.key, offset: -height.current / 3 }
  }

  const top = topFor(anchor.current, rows, height.current)
  const [first, last] = rows.between(top - BEYOND_PX, top + Math.max(height.current, 600) + BEYOND_PX)

  const observer = useMemo(
    () =>
      new ResizeObserver((entries) => {
        let moved = false
        for (const { target: element, borderBoxSize } of entries) {
          const key = (element as HTMLElement).dataset.row
          const size = borderBoxSize[0]?.blockSize
          if (key && size && rows.measure(key, size)) moved = true
        }
        if (moved) redraw(0)
      }),
    [],
  )
  useLayoutEffect(() => () => observer.disconnect(), [])

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const watch = new ResizeObserver(() => {
      height.current = element.clientHeight
      redraw(0)
    })
    watch.observe(element)
    return () => watch.disconnect()
  }, [])

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const atEnd = anchor.current.at === 'end'
    const wanted = atEnd ? element.scrollHeight - element.clientHeight : topFor(anchor.current, rows, height.current)
    if (Math.abs(element.scrollTop - wanted) > 1) element.scrollTop = wanted
    stood.current = element.scrollTop
    tellEnds()
  })

  function tellEnds() {
    if (height.current === 0 || rows.length === 0) return
    const now = topFor(anchor.current, rows, height.current)
    if (now < NEAR_PX) props.onNearStart?.()
    if (rows.total - now - height.current < NEAR_PX) props.onNearEnd?.()
    const inSight = items.slice(rows.at(now), rows.at(now + height.current - 1) + 1)
    props.onSeen?.(inSight, rows.total - now - height.current < END_PX)
  }

  /** Takes where people have moved the list for the place to keep. */
  function follow(): boolean {
    const scrollTop = box.current?.scrollTop ?? 0
    if (rows.length === 0 || Math.abs(scrollTop - stood.current) <= 1) return false
    stood.current = scrollTop
    if (rows.total - scrollTop - height.current < END_PX) anchor.current = { at: 'end' }
    else {
      const at = rows.at(scrollTop)
      anchor.current = { at: 'row', key: rows.key(at) ?? '', offset: scrollTop - rows.top(at) }
    }
    return true
  }

  const drawn = []
  for (let at = first; at < last; at++) {
    const item = items[at]!
    const key = rows.key(at)!
    drawn.push(
      <div
        key={key}
        data-row={key}
        role="listitem"
        aria-setsize={items.length}
        aria-posinset={at + 1}
        ref={(element) => {
          if (element) observer.observe(element)
        }}
      >
        {row(item, at)}
      </div>,
    )
  }
  return (
    <div class="rows" ref={box} onScroll={() => follow() && redraw(0)} tabIndex={0} role="region" aria-label={label}>
      <div class="rows-all" style={{ height: `${rows.total}px` }} role="list" aria-label={label}>
        <div class="rows-drawn" style={{ transform: `translateY(${rows.top(first)}px)` }} role="presentation">
          {drawn}
        </div>
      </div>
    </div>
  )
}

/** Where the screen begins so that the anchor is in its place. */
function topFor(anchor: Anchor, rows: Rows, height: number): number {
  const most = Math.max(0, rows.total - height)
  if (anchor.at === 'end') return most
  const top = rows.topOf(anchor.key)
  return top === undefined ? most : Math.min(most, Math.max(0, top + anchor.offset))
}
