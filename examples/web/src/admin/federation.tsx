import { useEffect, useState } from "react";
import { agoOf, momentOf, t } from "../i18n";
import type { FederationStatus } from "../sdk";
import { useChat } from "../store/hooks";
import { Problem, useAction } from "../ui/action";
import { Button } from "../ui/button";
import { EmptyState } from "../ui/empty-state";
import { Area, Choices } from "../ui/field";
import { Name } from "../ui/name";
import { SettingsForm } from "../ui/save-bar";
import { Skeleton } from "../ui/skeleton";
import { toast } from "../ui/toast";

/** Which other backends this one talks to, and how that goes. */
export function Federation() {
  const { admin } = useChat().client;
  const [status, setStatus] = useState<FederationStatus | null>(null);
  const { run, busy, error } = useAction();
  const load = () => run(async () => setStatus(await admin.federation({})));
  useEffect(load, [admin, run]);
  if (!status) return error ? <Problem error={error} /> : <Skeleton rows={6} />;
  return (
    <>
      <Problem error={error} />
      {!status.enabled && <p className="notice">{t("federation.off")}</p>}
      <AllowList key={JSON.stringify(status.allow_list)} status={status} onSaved={setStatus} />
      <section className="part">
        <header><h2>{t("federation.remotes")}</h2><Button busy={busy} onClick={load}>{t("federation.refresh")}</Button></header>
        {status.remotes.length === 0 && <EmptyState icon="globe" level={3} title={t("federation.none")} />}
        <ul className="table" aria-label={t("federation.remotes")}>
          {status.remotes.map((remote) => (
            <li key={remote.domain} className="table-row">
              <span className="health" data-circuit={remote.allowed ? remote.circuit : "denied"} />
              <div className="line">
                <strong><Name>{remote.domain}</Name></strong>
                <small className="quiet">{stateOf(remote)}</small>
                {remote.last_error !== null && <p className="wrong" dir="auto">{remote.last_error}{remote.failed_at !== null && ` · ${agoOf(remote.failed_at)}`}</p>}
                <small className="quiet">
                  {[
                    remote.queue > 0 && t("federation.queue", { count: remote.queue, ago: remote.waits_since === null ? "" : agoOf(remote.waits_since) }),
                    remote.dead_letters > 0 && t("federation.dead", { count: remote.dead_letters }),
                  ].filter(Boolean).join(" · ")}
                </small>
              </div>
            </li>
          ))}
        </ul>
      </section>
      {status.dead_letters.length > 0 && (
        <section className="part">
          <h2>{t("federation.letters")}</h2>
          <p className="hint">{t("federation.letters.about")}</p>
          <ul className="table" aria-label={t("federation.letters")}>
            {status.dead_letters.map((letter) => (
              <li key={`${letter.domain} ${letter.seq} ${letter.at}`} className="table-row">
                <div className="line">
                  <strong><Name>{letter.domain}</Name></strong> <small className="quiet">#{letter.seq} · {momentOf(letter.at)}</small>
                  <p className="wrong">{letter.error}</p>
                  <small className="quiet"><code>{letter.entry}</code></small>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function stateOf({ allowed, circuit, probe_at }: FederationStatus["remotes"][number]): string {
  if (!allowed) return t("federation.denied");
  if (circuit === "closed") return t("federation.fine");
  return probe_at === null ? t("federation.probing") : t("federation.open", { ago: agoOf(probe_at) });
}

/** All that prove who they are, or those that are named. */
function AllowList({ status, onSaved }: { status: FederationStatus; onSaved: (status: FederationStatus) => void }) {
  const { admin } = useChat().client;
  const before = { who: status.allow_list === null ? "all" : "some", text: status.allow_list?.join("\n") ?? "" } as const;
  const [who, setWho] = useState<"all" | "some">(before.who);
  const [text, setText] = useState<string>(before.text);
  const { run, busy, error, setError } = useAction();
  const domains = text.split(/[\s,]+/).filter((domain) => domain !== "");
  return (
    <SettingsForm
      label={t("federation.allow")}
      dirty={who !== before.who || (who === "some" && text !== before.text)}
      busy={busy}
      error={error}
      audited
      onSave={(given) => run(async () => onSaved(await admin.allowBackends({ domains: who === "all" ? null : domains, ...given })), () => toast(t("saved")))}
      onReset={() => { setWho(before.who); setText(before.text); setError(null); }}
    >
      <Choices legend={t("federation.allow")} name="allow" value={who} onChange={setWho} options={[
        { value: "all", label: t("federation.allow.all"), about: t("federation.allow.all.about") },
        { value: "some", label: t("federation.allow.some"), about: t("federation.allow.some.about") },
      ]} />
      {who === "some" && <Area label={t("federation.domains")} hint={t("federation.domains.hint")} rows={4} dir="ltr" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />}
    </SettingsForm>
  );
}
