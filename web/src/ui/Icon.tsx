/** Signs drawn with lines, in the colour of the text around them. */
const PATHS = {
  attach: 'M20 11.5 12.5 19a5 5 0 0 1-7-7L13 4.500a3.300 3.300 0 0 1 4.700 4.700L10.200 16.700a1.700 1.700 0 0 1-2.400-2.400L14.500 7.600',
  back: 'M15 5l-7 7 7 7',
  block: 'M6 6l12 12M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  check: 'M4 12.500 9 17.500 20 6.500',
  checks: 'M2 12.500 7 17.500 17 6.500M11 16l1.500 1.500L23 6.500',
  clock: 'M12 7v5l3.500 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  close: 'M6 6l12 12M18 6 6 18',
  comment: 'M4 5h16v11H9l-5 4V5Z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  down: 'M5 9l7 7 7-7',
  download: 'M12 4v11m-5-5 5 5 5-5M5 20h14',
  edit: 'M4 20l1-4L16 5l3 3L8 19l-4 1Z',
  error: 'M12 7v6m0 3.500v.500M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12Zm12.500 0a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  flag: 'M5 21V4h13l-3 4.500 3 4.500H5',
  forward: 'M14 5l6 6-6 6M20 11H9a5 5 0 0 0-5 5v2',
  hide: 'M4 4l16 16M9.500 5.900A9 9 0 0 1 12 5.500c6 0 9.500 6.500 9.500 6.500a16 16 0 0 1-3 3.600M6.200 7.500A16 16 0 0 0 2.500 12S6 18.500 12 18.500c1.500 0 2.800-.400 4-1M10 10a3 3 0 0 0 4 4',
  home: 'M4 11 12 4l8 7v9h-5v-6H9v6H4z',
  info: 'M12 11v6m0-9.500v.500M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z',
  leave: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  more: 'M12 5.500v.010M12 12v.010M12 18.500v.010',
  mute: 'M18 9a6 6 0 0 0-9-5M6 9c0 6-2 7-2 7h12M10 20a2 2 0 0 0 4 0M4 4l16 16',
  pencil: 'M5 5h6M5 5v14h14v-6M10 14l9.500-9.500',
  pin: 'M9 4h6l-1 6 4 4H6l4-4-1-6ZM12 14v6',
  play: 'M8 5l11 7-11 7Z',
  plus: 'M12 5v14M5 12h14',
  reply: 'M10 5 4 11l6 6M4 11h11a5 5 0 0 1 5 5v2',
  search: 'M16 16l5 5M18 10.500a7.500 7.500 0 1 1-15 0 7.500 7.500 0 0 1 15 0Z',
  send: 'M4 12 20 4l-5 16-4-6.500L4 12ZM20 4l-9 9.500',
  settings: 'M4 7h10M18 7h2M4 17h2M10 17h10M16 9.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM8 19.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  up: 'M5 15l7-7 7 7',
} as const

export type IconName = keyof typeof PATHS

/** A sign beside words, or on a button that says in words what it does. */
export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
  const points = name === 'more'
  return (
    <svg class="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width={points ? 3 : 1.8}
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
