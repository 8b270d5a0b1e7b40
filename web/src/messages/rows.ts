/** What a row is taken to measure until it was seen, in CSS pixels: a message of one line. */
const ESTIMATE_PX = 48

/**
 * Where the rows of a long list stand. It knows the height of each row that was once drawn and guesses the others, so
 * that a hundred thousand rows cost a few numbers each.
 */
export class Rows {
  private keys: readonly string[] = []
  private index = new Map<string, number>()
  private readonly measured = new Map<string, number>()
  private heights = new Float64Array(0)
  private tops = new Float64Array(1)
  /** From this row on, `tops` is out of date. */
  private stale = 0

  constructor(private readonly estimate = ESTIMATE_PX) {}

  /** Takes in a new list. Rows that stay keep their heights. */
  set(keys: readonly string[]): void {
    if (keys === this.keys) return
    this.keys = keys
    this.index = new Map(keys.map((key, at) => [key, at]))
    this.heights = Float64Array.from(keys, (key) => this.measured.get(key) ?? this.estimate)
    this.tops = new Float64Array(keys.length + 1)
    this.stale = 0
  }

  /** Notes how high a row is; answers whether that changes where others stand. */
  measure(key: string, height: number): boolean {
    this.measured.set(key, height)
    const at = this.index.get(key)
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
    const at = this.index.get(key)
    return at === undefined ? undefined : this.top(at)
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
