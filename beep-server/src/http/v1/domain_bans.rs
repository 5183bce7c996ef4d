//! Backends whose users may not come to a server.

use beep_core::backend::domain_bans;
use beep_core::domain::Domain;
use beep_proto::operation::domain_bans::{Delete, List, Put};
use beep_proto::page::Page;
use beep_proto::view::DomainBan;

use crate::http::v1::page;
use crate::http::v1::users::domain;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<DomainBan>, Refused> {
        let (server, limit) = (context.local(self.server)?, page::limit(self.limit)?);
        let after = self.cursor.as_deref().map(after).transpose()?;
        let bans = domain_bans::list(context.backend(), context.actor()?, &server, after.as_ref(), limit + 1).await?;
        Ok(Page::cut(bans, limit, |ban| ban.domain.as_str().to_owned()).map(|ban| (&ban).into()))
    }
}

/// The domain that the part before ended with.
fn after(cursor: &str) -> Result<Domain, Refused> {
    let octets = beep_proto::page::open(cursor).and_then(|octets| String::from_utf8(octets).ok());
    octets.and_then(|text| Domain::parse(&text).ok()).ok_or_else(page::bad_cursor)
}

impl Handle for Put {
    async fn handle(self, context: &Context) -> Result<DomainBan, Refused> {
        let (server, domain) = (context.local(self.server)?, domain(&self.domain)?);
        let actor = context.actor_because(self.reason)?;
        let ban = domain_bans::put(context.backend(), &actor, &server, &domain).await?;
        context.app.purges.notify_one();
        Ok((&ban).into())
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, domain) = (context.local(self.server)?, domain(&self.domain)?);
        let actor = context.actor_because(self.reason)?;
        Ok(domain_bans::lift(context.backend(), &actor, &server, &domain).await?)
    }
}
