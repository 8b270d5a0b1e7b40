import { signal } from '@preact/signals'

/** What keeps the page from storing something; the page says so in words. */
export const trouble = signal<'blocked' | 'full' | undefined>(undefined)

/** Named boxes of values, each with a key of text. */
export type Box = 'outbox' | 'dialogs' | 'messages' | 'peers' | 'facts'
const BOXES: Box[] = ['outbox', 'dialogs', 'messages', 'peers', 'facts']
const NAME = 'heliograph page'
/** Goes up with each new box. */
const VERSION = 2

/** Keeps values in this browser. Where it may not, they live as long as the tab. */
export class Shelf {
  private readonly memory = new Map<Box, Map<string, unknown>>(BOXES.map((box) => [box, new Map()]))
  private database: Promise<IDBDatabase | undefined> | undefined

  /** Where storage is blocked, some browsers throw when it is only looked at. */
  constructor(private readonly factory: () => IDBFactory | undefined = () => globalThis.indexedDB) {}

  async get<T>(box: Box, key: string): Promise<T | undefined> {
    const kept = await this.read(box, (store) => store.get(key))
    return (kept ?? this.memory.get(box)?.get(key)) as T | undefined
  }

  /** Everything in a box, in the order of the keys. */
  async all<T>(box: Box): Promise<T[]> {
    const kept = ((await this.read(box, (store) => store.getAll())) ?? []) as T[]
    return [...kept, ...((this.memory.get(box)?.values() ?? []) as Iterable<T>)]
  }

  /** Stores a value. One that finds no room is kept in memory, and `trouble` says so. */
  async put(box: Box, key: string, value: unknown): Promise<void> {
    const stored = await this.write(box, (store) => store.put(value, key))
    if (stored) this.memory.get(box)?.delete(key)
    else this.memory.get(box)?.set(key, value)
  }

  async delete(box: Box, key: string): Promise<void> {
    this.memory.get(box)?.delete(key)
    await this.write(box, (store) => store.delete(key))
  }

  /** Forgets everything, as after signing out. */
  async clear(): Promise<void> {
    for (const box of BOXES) {
      this.memory.get(box)?.clear()
      await this.write(box, (store) => store.clear())
    }
  }

  private open(): Promise<IDBDatabase | undefined> {
    this.database ??= new Promise<IDBDatabase | undefined>((resolve) => {
      try {
        const request = this.factory()?.open(NAME, VERSION)
        if (!request) throw new Error('no IndexedDB')
        request.onupgradeneeded = () => {
          const { objectStoreNames: known } = request.result
          for (const box of BOXES) if (!known.contains(box)) request.result.createObjectStore(box)
        }
        request.onsuccess = () => {
          // A tab with a newer page wants more boxes; it waits until this one lets go.
          request.result.onversionchange = () => {
            request.result.close()
            this.database = undefined
          }
          resolve(request.result)
        }
        request.onerror = () => resolve(undefined)
      } catch {
        resolve(undefined)
      }
    }).then((database) => {
      if (!database) trouble.value = 'blocked'
      return database
    })
    return this.database
  }

  private async read(box: Box, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
    const database = await this.open()
    if (!database) return undefined
    return new Promise((resolve) => {
      const request = ask(database.transaction(box).objectStore(box))
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => resolve(undefined)
    })
  }

  private async write(box: Box, change: (store: IDBObjectStore) => IDBRequest): Promise<boolean> {
    const database = await this.open()
    if (!database) return false
    return new Promise((resolve) => {
      const transaction = database.transaction(box, 'readwrite')
      transaction.oncomplete = () => resolve(true)
      const refused = (error: unknown) => {
        if (error instanceof DOMException && error.name === 'QuotaExceededError') trouble.value = 'full'
        resolve(false)
      }
      transaction.onabort = () => refused(transaction.error)
      try {
        change(transaction.objectStore(box))
      } catch (error) {
        refused(error)
      }
    })
  }
}

/** The shelf of this page. */
export const shelf = new Shelf()
