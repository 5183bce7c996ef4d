/** The server that a text belongs to: its members, roles and channels are what it can name. There is none around a private conversation. */
import { createContext, useContext } from "react";
import type { KnownServer } from "../sdk";

export const ServerContext = createContext<KnownServer | null>(null);

export function useAround(): KnownServer | null {
  return useContext(ServerContext);
}
