/** The mark of the house: a mirror throws the sun's light on, in long and short flashes. */
export function Mark({ size = 56 }: { size?: number }) {
  return (
    <svg class="mark" viewBox="0 0 64 64" width={size} height={size} aria-hidden="true" focusable="false">
      <circle class="mark-sun" cx="15" cy="15" r="10" />
      <path class="mark-ray" d="M20.500 27 25 38" />
      <path class="mark-ray" d="M31 39.500 43 31.500M48.500 28v-.010M54 24.500l5-3.300" />
      <ellipse class="mark-glass" cx="25" cy="48" rx="19" ry="9" transform="rotate(-14 25 48)" />
    </svg>
  )
}
