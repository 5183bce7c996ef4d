import { useState, type ReactNode } from "react";
import { t } from "../i18n";
import { navigate, paths } from "../router";
import type { KnownServer } from "../sdk";
import { codeIn } from "../server/code";
import { Button } from "../ui/button";
import { Field } from "../ui/field";
import { Icon, type IconName } from "../ui/icon";
import { Link } from "../ui/link";
import { useTitle } from "../title";
import { Avatar } from "../ui/avatar";
import { Name } from "../ui/name";

/** Where one begins: make a server, enter one by a link, or look around. */
export function Home({ servers, menu, onCreate }: { servers: readonly KnownServer[]; menu: ReactNode; onCreate: () => void }) {
  useTitle(t("home"));
  const [text, setText] = useState("");
  const code = codeIn(text);
  return (
    <div className="page">
      <header className="bar">{menu}<Icon name="home" /><p className="bar-title">{t("home")}</p></header>
      <div className="home">
        <div className="home-head">
          <h1 tabIndex={-1}>{t("home.title")}</h1>
          <p className="quiet">{t("home.text")}</p>
        </div>
        <div className="home-cards">
          <Card icon="plus" title={t("home.create")} text={t("home.create.text")}>
            <Button look="primary" onClick={onCreate}>{t("home.create.button")}</Button>
          </Card>
          <Card icon="link" title={t("home.join")} text={t("home.join.text")}>
            <form className="inline" onSubmit={(event) => { event.preventDefault(); if (code) navigate(paths.invite(code)); }}>
              <Field label={t("invite.code")} autoCapitalize="none" autoComplete="off" spellCheck={false} placeholder={t("invite.code.example")} value={text} onChange={(event) => setText(event.target.value)} />
              <Button type="submit" disabled={code === ""}>{t("invite.open")}</Button>
            </form>
          </Card>
          <Card icon="discover" title={t("home.explore")} text={t("home.explore.text")}>
            <Link className="button" href={paths.discover}>{t("home.explore.button")}</Link>
          </Card>
        </div>
        {servers.length > 0 && (
          <section className="home-servers" aria-labelledby="home-servers">
            <h2 id="home-servers">{t("home.servers")}</h2>
            <ul>
              {servers.map(({ server }) => (
                <li key={server.id}>
                  <Link href={paths.server(server.id)}>
                    <Avatar id={server.id} name={server.name} server />
                    <span className="line"><Name className="line">{server.name}</Name><small className="quiet">{t("members.count", { count: server.member_count })}</small></span>
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        )}
      </div>
    </div>
  );
}

function Card({ icon, title, text, children }: { icon: IconName; title: string; text: string; children: ReactNode }) {
  return (
    <section className="home-card">
      <span className="empty-mark"><Icon name={icon} /></span>
      <h2>{title}</h2>
      <p className="quiet">{text}</p>
      {children}
    </section>
  );
}
