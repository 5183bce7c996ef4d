/** The mark of Beep, as the icon of the page has it. */
export function Mark() {
  return (
    <svg className="icon mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect className="mark-ground" width="32" height="32" rx="9" />
      <path d="M8 10.500A2.500 2.500 0 0 1 10.500 8h11a2.500 2.500 0 0 1 2.500 2.500v7a2.500 2.500 0 0 1-2.500 2.500H15l-4.200 3.600c-.5.400-1.300.1-1.300-.600V20A2.500 2.500 0 0 1 8 17.500z" fill="#fff" />
      <circle className="mark-ground" cx="13" cy="14" r="1.600" />
      <circle className="mark-ground" cx="19" cy="14" r="1.600" />
    </svg>
  );
}

export function Wordmark() {
  return <p className="wordmark" translate="no"><Mark /> Beep</p>;
}
