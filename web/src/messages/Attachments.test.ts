import { expect, it, vi } from 'vitest'

vi.stubGlobal('navigator', { languages: ['en'] })
const { inAlbums } = await import('./Attachments.js')

function attached(name: string, asPhoto: boolean) {
  return { file: { blob: new Blob(['x']), name, asPhoto }, picture: true }
}

it('sends photos that follow each other together, and files alone', () => {
  const list = [attached('a', true), attached('b', true), attached('c', false), attached('d', true)]
  expect(inAlbums(list).map((group) => group.map(({ name }) => name))).toEqual([['a', 'b'], ['c'], ['d']])
})

it('begins another album after ten photos', () => {
  const list = Array.from({ length: 12 }, (_, at) => attached(String(at), true))
  expect(inAlbums(list).map((group) => group.length)).toEqual([10, 2])
})
