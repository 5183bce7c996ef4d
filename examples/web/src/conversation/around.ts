/** What all rows of a conversation share. */
import { createContext, useContext } from "react";
import type { Channel, KnownServer, Message } from "../sdk";
import type { Outgoing } from "../store/objects";
import type { MenuPlace } from "../ui/context-menu";
import type { Doing } from "./message-actions";

export interface RowsAround extends Doing {
  /** The server; `null` in a private conversation. */
  readonly known: KnownServer | null;
  readonly channel: Channel;
  readonly me: string;
  /** Opens the menu of a message. */
  menu(message: Message, place: MenuPlace): void;
  jump(message: string): void;
  /** Takes back what was not sent, to write on. */
  take(outgoing: Outgoing): void;
  /** Long texts that were opened, so that they stay so when they are scrolled away. */
  readonly unfolded: Set<string>;
}

export const RowsContext = createContext<RowsAround | null>(null);

export function useRows(): RowsAround {
  const around = useContext(RowsContext);
  if (!around) throw new Error("there is no conversation around this row");
  return around;
}
