import { useElsewhere } from "../store/hooks";
import { Name } from "./name";

/** The domain of a person or server of another backend; nothing for one's own. */
export function DomainBadge({ id }: { id: string | null }) {
  const domain = useElsewhere(id);
  return domain && <Name className="domain">{domain}</Name>;
}
