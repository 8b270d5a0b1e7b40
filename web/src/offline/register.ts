/** Has the browser keep the page's files, so that it opens without the server too. */
export function keepPage(): void {
  // Files that are served for development have no build to belong to.
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  // A browser that refuses, or has no room, opens the page only while the server is there.
  navigator.serviceWorker.register('/service-worker.js', { updateViaCache: 'none' }).catch(() => undefined)
}
