import { t } from "../i18n";
import type { KnownServer } from "../sdk";
import { useListed } from "../server/categories";
import { Select } from "../ui/select";
import { placeName } from "./because";

/** Where permissions are looked at: in the server as a whole, which is `null`, or in one of its channels. */
export function PlaceSelect({ known, value, onChange }: { known: KnownServer; value: string | null; onChange: (channel: string | null) => void }) {
  const { alone, categories } = useListed(known.server.id);
  const channels = [...alone, ...categories.flatMap(({ category, channels }) => [category, ...channels])];
  const options = [{ value: "", label: t("permissions.server") }, ...channels.map((channel) => ({ value: channel.id, label: placeName(channel) }))];
  return <Select label={t("permissions.where")} value={value ?? ""} options={options} onChange={(chosen) => onChange(chosen || null)} />;
}
