// The mark: a luna moth seen from above, one colour, readable from 16 pixels up.
const WING =
  'M15.4 12.2C13.4 7.6 8 4.6 2 5.1c.5 4.9 4 8.7 8.7 9.8-2.2 1-3.6 2.8-3.4 5 .2 1.9 1.8 2.9 3.7 2.5-.2 2.6-1.2 4.9-3 6.9 3.5-1 5.7-3.8 6.2-7.2.8-1.6 1.2-3.3 1.2-5.2z';

export function MothMark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" fill="currentColor" aria-hidden="true">
      <path d={WING} />
      <path d={WING} transform="matrix(-1 0 0 1 32 0)" />
      <rect x="15.2" y="10" width="1.6" height="10" rx=".8" />
      <path
        d="M15.6 9.6C15.2 6.6 13.6 4.6 11.4 3.4M16.4 9.6c.4-3 2-5 4.2-6.2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.1"
        strokeLinecap="round"
      />
    </svg>
  );
}
