import { WithPresence } from "../presence/mark";
import { useChatView, useName } from "../store/hooks";
import { Avatar, initialsOf } from "../ui/avatar";
import { othersIn, partnerIn, type Private } from "./name";

type Size = "small" | "large" | "huge";

/** The picture of a private conversation: of the other one, or of two of those who are in a group. `name` is what it is called. */
export function PrivateAvatar({ channel, name, size }: { channel: Private & { readonly id: string }; name: string; size?: Size }) {
  const { me } = useChatView();
  const partner = partnerIn(channel, me?.id ?? "");
  const [first, second] = othersIn(channel, me?.id ?? "");
  if (partner !== null) return <WithPresence user={partner}><Avatar id={partner} name={name} {...(size && { size })} /></WithPresence>;
  if (first === undefined || second === undefined) return <Avatar id={first ?? channel.id} name={name} {...(size && { size })} />;
  return <span className={size ? `avatar-pair ${size}` : "avatar-pair"} aria-hidden="true"><Half user={first} /><Half user={second} /></span>;
}

/** One letter: a second one would be covered. */
function Half({ user }: { user: string }) {
  const [letter = ""] = initialsOf(useName(null, user));
  return <Avatar id={user} name={letter} />;
}
