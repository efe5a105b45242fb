/** Our own line icons on a 20 grid, stroke 1.5; decoration only, the words stand beside them or in a label. */
const paths = {
  home: 'M3.5 9 10 3.5 16.5 9v7a.5.5 0 0 1-.5.5h-4V12H8v4.5H4a.5.5 0 0 1-.5-.5V9Z',
  queue: 'M3.5 5.5h2M3.5 10h2M3.5 14.5h2M8.5 5.5h8M8.5 10h8M8.5 14.5h5',
  document: 'M5.5 2.5h6l3.5 3.5v11a.5.5 0 0 1-.5.5h-9a.5.5 0 0 1-.5-.5V3a.5.5 0 0 1 .5-.5ZM11.5 2.5V6H15M7.5 10h5M7.5 13h5',
  order: 'M3 3.5h2l1.6 8.7a1 1 0 0 0 1 .8h6.6a1 1 0 0 0 1-.8L16.5 6.5H5.6M8 16.5h.01M14 16.5h.01',
  people:
    'M7.5 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 16.5c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5M13 4a2.7 2.7 0 0 1 0 5.2M14.5 12.3c1.9.6 3 2.1 3 4.2',
  import: 'M10 3v9M6.5 8.5 10 12l3.5-3.5M3.5 13v3a.5.5 0 0 0 .5.5h12a.5.5 0 0 0 .5-.5v-3',
  export: 'M10 12V3M6.5 6.5 10 3l3.5 3.5M3.5 13v3a.5.5 0 0 0 .5.5h12a.5.5 0 0 0 .5-.5v-3',
  mail: 'M3.5 4.5h13a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1ZM3 5.5l7 5 7-5',
  plug: 'M7 2.5v4M13 2.5v4M5 6.5h10v3a5 5 0 0 1-10 0v-3ZM10 14.5v3',
  cause: 'M10 3 2.8 15.8a.5.5 0 0 0 .4.7h13.6a.5.5 0 0 0 .4-.7L10 3ZM10 8.5v3.5M10 14.3h.01',
  backfill: 'M4 10a6 6 0 1 1 1.9 4.4M4 15.5V12h3.5M10 6.8V10l2.2 1.6',
  complete: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM6.8 10.2l2.2 2.2 4.3-4.6',
  activity: 'M2.5 10h3.2l2-5.5 4 11 2.2-5.5h3.6',
  settings: 'M3 6h7M14 6h3M3 14h3M10 14h7M12 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM8 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  calendar:
    'M4 4.5h12a.5.5 0 0 1 .5.5v11a.5.5 0 0 1-.5.5H4a.5.5 0 0 1-.5-.5V5a.5.5 0 0 1 .5-.5ZM3.5 8h13M7 2.5v3M13 2.5v3M7.2 12.2l2 2 3.6-3.9',
  search: 'M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 17 17',
  help: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM7.9 7.8a2.2 2.2 0 0 1 4.3.6c0 1.5-2.2 1.9-2.2 3.3M10 14.2h.01',
  check: 'M4 10.5l4 4 8-9',
  alert: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM10 6.5V11M10 13.6h.01',
  clock: 'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM10 6v4.2l2.8 1.7',
  close: 'M5 5l10 10M15 5 5 15',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  down: 'M5 7.5 10 12.5l5-5',
  up: 'M5 12.5 10 7.5l5 5',
  left: 'M12.5 5 7.5 10l5 5',
  right: 'M7.5 5l5 5-5 5',
  updown: 'M6.5 7.5 10 4l3.5 3.5M6.5 12.5 10 16l3.5-3.5',
  dots: 'M4.5 10h.01M10 10h.01M15.5 10h.01',
  edit: 'M12.5 4.5l3 3L7 16H4v-3l8.5-8.5Z',
  trash: 'M3.5 5.5h13M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11',
  download: 'M10 3v9M6.5 8.5 10 12l3.5-3.5M4 16.5h12',
  print: 'M6 7V3h8v4M6 14H3.5v-6a1 1 0 0 1 1-1h11a1 1 0 0 1 1 1v6H14M6 12h8v5H6v-5Z',
  send: 'M17 3 2.8 8.4a.3.3 0 0 0 0 .5L8 11l2.4 6a.3.3 0 0 0 .5 0L17 3ZM8 11l4-3.5',
  undo: 'M4 8h8a4 4 0 0 1 0 8H8M7 4.5 3.5 8 7 11.5',
  split: 'M10 17v-6L4.5 5M10 11l5.5-6M4 9V4.5h4.5M11.5 4.5H16V9',
  merge: 'M10 3v6l-5.5 6M10 9l5.5 6M4 11v4.5h4.5M11.5 15.5H16V11',
  swap: 'M4 7h11l-3-3M16 13H5l3 3',
  sun: 'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  moon: 'M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z',
  screen: 'M3 4h14v9.5H3V4ZM7.5 17h5M10 13.5V17',
  globe:
    'M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15ZM2.5 10h15M10 2.5c2.2 2.2 3.2 4.7 3.2 7.5S12.2 15.3 10 17.5C7.8 15.3 6.8 12.8 6.8 10S7.8 4.7 10 2.5Z',
  user: 'M10 10a3.2 3.2 0 1 0 0-6.5 3.2 3.2 0 0 0 0 6.5ZM4 17c0-3 2.7-4.5 6-4.5s6 1.5 6 4.5',
  logout: 'M8 3.5H4a.5.5 0 0 0-.5.5v12a.5.5 0 0 0 .5.5h4M12.5 6.5 16 10l-3.5 3.5M16 10H8',
  keyboard: 'M2.5 5h15v10h-15V5ZM5.5 8h.01M8.5 8h.01M11.5 8h.01M14.5 8h.01M6.5 12h7',
  menu: 'M3.5 6h13M3.5 10h13M3.5 14h13',
  filter: 'M3 5h14M5.5 10h9M8 15h4',
  star: 'M10 3l2.2 4.5 5 .7-3.6 3.5.9 4.9L10 14.3l-4.5 2.3.9-4.9L2.8 8.2l5-.7L10 3Z',
  copy: 'M7 7V3.5h9.5V13H13M3.5 7H13v9.5H3.5V7Z',
  key: 'M12.5 11.5a4.5 4.5 0 1 0-4.3-3.2L3 13.5V17h3.5v-2H8.5v-2l1.9-1.9M13.5 6.5h.01',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-.8.8M11.5 8.5a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l.8-.8',
  lock: 'M5 9h10v8H5V9ZM7 9V6.5a3 3 0 0 1 6 0V9',
  eye: 'M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5ZM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z',
  refresh: 'M16 10a6 6 0 1 1-1.9-4.4M16 4.5V8h-3.5',
  pause: 'M7 4.5v11M13 4.5v11',
  play: 'M6 4l10 6-10 6V4Z',
  image: 'M3 4h14v12H3V4ZM3 13l4-4 4 4 2.5-2.5L17 14M13 7.5h.01',
  percent: 'M5 15 15 5M6.5 8a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3ZM13.5 15a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3Z',
  hash: 'M7.5 3.5 6 16.5M14 3.5l-1.5 13M3.5 7.5h13M3.5 12.5h13',
  store: 'M3.5 8.5V16.5h13V8.5M2.5 8.5 4 3.5h12l1.5 5M2.5 8.5a2.5 2.5 0 0 0 5 0 2.5 2.5 0 0 0 5 0 2.5 2.5 0 0 0 5 0',
  bank: 'M3 8h14L10 3 3 8ZM4.5 8v7M8.2 8v7M11.8 8v7M15.5 8v7M3 16.5h14',
  bolt: 'M11 2.5 4.5 11.5H10l-1 6 6.5-9H10l1-6Z',
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} strokeWidth={name === 'dots' ? 2.4 : undefined} />
    </svg>
  );
}

export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <path fill="var(--mantine-color-pine-7)" d="M7 1h18a6 6 0 0 1 6 6v24l-5-3.2L21 31l-5-3.2L11 31l-5-3.2L1 31V7a6 6 0 0 1 6-6Z" />
      <path fill="none" stroke="#fff" strokeWidth="3.4" strokeLinecap="round" d="M11 22.5V9.2h11M11 15.6h7.5" />
    </svg>
  );
}
