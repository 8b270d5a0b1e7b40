/**
 * Whether this browser lets the page keep anything. Private windows and strict settings refuse; some only when
 * something is written, so something is.
 */
export async function canStore(): Promise<boolean> {
  try {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('heliograph probe', 1)
      request.onupgradeneeded = () => request.result.createObjectStore('probe')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
      request.onblocked = () => reject(new Error('blocked'))
    })
    await new Promise<void>((resolve, reject) => {
      const write = database.transaction('probe', 'readwrite')
      write.objectStore('probe').put(1, 'probe')
      write.oncomplete = () => resolve()
      write.onabort = () => reject(write.error)
    })
    database.close()
    return true
  } catch {
    return false
  }
}
