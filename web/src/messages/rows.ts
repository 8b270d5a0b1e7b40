/** What a row is taken to measure until it was seen, in CSS pixels: a message of one line. */
const ESTIMATE_PX = 48

/**
 * Where the rows of a long list stand. It knows the height of each row that was once drawn and guesses the others, so
 * that a hundred thousand rows cost a few numbers each.
 */
export class Rows {
  private keys: readonly string[] = []
  /** Where each row is, counted from `base`: older rows come in front, and the others keep their numbers. */
  private readonly index = new Map<string, number>()
  private base = 0
  private readonly measured = new Map<string, number>()
  private heights = new Float64Array(0)
  private tops = new Float64Array(1)
  /** From this row on, `tops` is out of date. */
  private stale = 0

  constructor(private readonly estimate = ESTIMATE_PX) {}

  /** Takes in a new list. Rows that stay keep their heights. */
  set(keys: readonly string[]): void {
    const old = this.keys
    if (keys === old) return
    const more = keys.length - old.length
    this.keys = keys
    if (more >= 0 && goesOn(keys, old, 0)) this.add(old.length, keys.length)
    else if (more >= 0 && goesOn(keys, old, more)) {
      this.base -= more
      this.add(0, more)
    } else {
      this.base = 0
      this.index.clear()
      this.heights = new Float64Array(0)
      this.add(0, keys.length)
    }
    this.tops = new Float64Array(keys.length + 1)
    this.stale = 0
  }

  /** Makes room for the rows from one place up to another; those beside them are known. */
  private add(from: number, to: number): void {
    const heights = new Float64Array(this.keys.length)
    heights.set(this.heights, from === 0 ? to : 0)
    this.heights = heights
    for (let at = from; at < to; at++) {
      const key = this.keys[at]!
      this.index.set(key, this.base + at)
      heights[at] = this.measured.get(key) ?? this.estimate
    }
  }

  /** Notes how high a row is; answers whether that changes where others stand. */
  measure(key: string, height: number): boolean {
    this.measured.set(key, height)
    const at = this.place(key)
    if (at === undefined || Math.abs(this.heights[at]! - height) < 0.5) return false
    this.heights[at] = height
    this.stale = Math.min(this.stale, at)
    return true
  }

  get length(): number {
    return this.keys.length
  }

  get total(): number {
    this.refresh()
    return this.tops[this.keys.length]!
  }

  key(at: number): string | undefined {
    return this.keys[at]
  }

  /** Where a row begins. */
  top(at: number): number {
    this.refresh()
    return this.tops[Math.min(Math.max(at, 0), this.keys.length)]!
  }

  /** Where the row with this key begins; nothing if it is not in the list. */
  topOf(key: string): number | undefined {
    const at = this.place(key)
    return at === undefined ? undefined : this.top(at)
  }

  private place(key: string): number | undefined {
    const numbered = this.index.get(key)
    return numbered === undefined ? undefined : numbered - this.base
  }

  /** The row that covers this height. */
  at(y: number): number {
    this.refresh()
    let low = 0
    let high = this.keys.length
    while (low + 1 < high) {
      const middle = (low + high) >>> 1
      if (this.tops[middle]! <= y) low = middle
      else high = middle
    }
    return low
  }

  /** The rows between two heights: the first, and the one behind the last. */
  between(from: number, to: number): [number, number] {
    if (this.keys.length === 0) return [0, 0]
    return [this.at(from), Math.min(this.keys.length, this.at(to) + 1)]
  }

  private refresh(): void {
    for (let at = this.stale; at < this.keys.length; at++) this.tops[at + 1] = this.tops[at]! + this.heights[at]!
    this.stale = this.keys.length
  }
}

/** Whether a list holds another one from a place on, unchanged. */
function goesOn(keys: readonly string[], old: readonly string[], from: number): boolean {
  for (let at = 0; at < old.length; at++) if (keys[from + at] !== old[at]) return false
  return true
}
