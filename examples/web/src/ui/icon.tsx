const SHAPES = {
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.500 4.500",
  hash: "M9 4L7 20M17 4l-2 16M4 9h16M3.500 15h16",
  settings: "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h11M19 17h1M17 15v4",
  people: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c0-4 3-6 6.500-6s6.500 2 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500c2 .8 3.500 2.500 3.500 5.500",
  menu: "M4 7h16M4 12h16M4 17h16",
  send: "M4 12l16-8-6 16-3-7z",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  pin: "M8 4h8M10 4v6l-3 4h10l-3-4V4M12 14v6",
  unpin: "M8 4h8M10 4v6l-3 4h10l-3-4V4M12 14v6M4 4l16 16",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  down: "M12 5v14M6 13l6 6 6-6",
  leave: "M14 4H5v16h9M10 12h11M17 8l4 4-4 4",
  mail: "M4 6h16v12H4zM4 7l8 6 8-6",
  globe: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
  invite: "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20c0-4 3-6 6.500-6s6.500 2 6.500 6M19 8v6M16 11h6",
} as const;

/** A picture of a word that stands beside it or labels the button around it. */
export function Icon({ name }: { name: keyof typeof SHAPES }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={SHAPES[name]} />
    </svg>
  );
}
