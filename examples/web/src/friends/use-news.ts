/** Tells of friends wherever one is. */
import { useEffect } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import { useChat, useChatView } from "../store/hooks";
import { announce } from "../ui/toast";
import { newsOf } from "./news";

export function useFriendNews(): void {
  const chat = useChat();
  const { me } = useChatView();
  useEffect(() => chat.onEvent((event) => {
    const news = newsOf(event, me?.id);
    if (news) announce(t(news.key, { name: news.name }), t("open"), () => navigate(paths.friends(news.tab)));
  }), [chat, me?.id]);
}
