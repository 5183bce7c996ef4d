/** How the parts of a conversation are called. `name`: what its channel is called, without a sign. */
import { t } from "../i18n";
import type { Channel } from "../sdk";

type Kind = Pick<Channel, "kind">;

export function composerLabel({ kind }: Kind, name: string): string {
  if (kind === "direct") return t("composer.label.private", { name: `@${name}` });
  return kind === "group" ? t("composer.label.private", { name }) : t("composer.label", { channel: name });
}

export function historyLabel({ kind }: Kind, name: string): string {
  if (kind === "direct") return t("conversation.label.direct", { name });
  return kind === "group" ? t("conversation.label.group", { name }) : t("conversation.label", { channel: name });
}
