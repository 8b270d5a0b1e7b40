import type { tl } from '@mtcute/tl'
import { linesOf } from '../messages/album.js'
import { MediaView } from './MediaView.js'
import { isShown } from './describe.js'

/** What was sent together: pictures side by side in full lines, files below each other. */
export function AlbumView({ messages }: { messages: readonly tl.RawMessage[] }) {
  const several = messages.filter(({ message }) => message !== '').length > 1
  if (!messages.every(({ media }) => media && isShown(media))) {
    return (
      <div class="album-files">
        {messages.map(({ id, media, message }) => (
          <div key={id}>
            {media && <MediaView media={media} caption={message} />}
            {several && message && <p class="text" dir="auto">{message}</p>}
          </div>
        ))}
      </div>
    )
  }
  let next = 0
  return (
    <div class="album">
      {linesOf(messages.length).map((count, line) => (
        <div class="album-line" key={line}>
          {messages.slice(next, (next += count)).map(({ id, media, message }) => (
            <MediaView key={id} media={media!} caption={message} tile={count === 1 ? 'wide' : 'square'} />
          ))}
        </div>
      ))}
    </div>
  )
}
