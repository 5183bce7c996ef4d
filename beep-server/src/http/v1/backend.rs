//! The backend itself.

use axum::extract::Request;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use beep_core::backend::{Policy, Registration};
use beep_core::text;
use beep_proto::operation::backend::{Get, OpenApi};
use beep_proto::page::MAX_LIMIT;
use beep_proto::view::Backend;

use crate::http::MOST_BODY_OCTETS;
use crate::http::{Context, Handle, HandleRaw, Refused};
use crate::rate::MOST_CONNECTIONS;

impl Handle for Get {
    async fn handle(self, context: &Context) -> Result<Backend, Refused> {
        let Policy {
            registration,
            servers_per_user,
            channels_per_server,
            roles_per_server,
            overrides_per_channel,
            overrides_per_server,
            invitations_per_server,
            public_url: _,
        } = context.backend().policy.clone();
        let registration = match registration {
            Registration::Open => "open",
            Registration::Invite => "invite",
            Registration::Closed => "closed",
        };
        let limits = [
            ("body_octets", MOST_BODY_OCTETS as u64),
            ("page_items", MAX_LIMIT.into()),
            ("message_characters", text::Text::MAX as u64),
            ("nonce_characters", text::Nonce::MAX as u64),
            ("username_characters", text::Username::MAX as u64),
            ("display_name_characters", text::DisplayName::MAX as u64),
            ("server_name_characters", text::ServerName::MAX as u64),
            ("channel_name_characters", text::ChannelName::MAX as u64),
            ("topic_characters", text::Topic::MAX as u64),
            ("role_name_characters", text::RoleName::MAX as u64),
            ("slow_mode_s", beep_core::channel::MAX_SLOW_MODE_S.into()),
            ("servers_per_user", servers_per_user.into()),
            ("channels_per_server", channels_per_server.into()),
            ("roles_per_server", roles_per_server.into()),
            ("overrides_per_channel", overrides_per_channel.into()),
            ("overrides_per_server", overrides_per_server.into()),
            ("invitations_per_server", invitations_per_server.into()),
            ("reactions_per_message", beep_core::reaction::MOST_EMOJI as u64),
            ("connections_per_user", MOST_CONNECTIONS as u64),
        ];
        Ok(Backend {
            domain: context.backend().domain.to_string(),
            software: "beep-server".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            registration: registration.to_owned(),
            mail: if context.app.sends_mail { "smtp" } else { "spool" }.to_owned(),
            sso: Vec::new(),
            federation: context.app.federation.is_some(),
            limits: limits.into_iter().map(|(name, limit)| (name.to_owned(), limit)).collect(),
        })
    }
}

impl HandleRaw for OpenApi {
    async fn handle(self, context: &Context, _: Request) -> Result<Response, Refused> {
        Ok(([(header::CONTENT_TYPE, "application/json")], context.app.openapi()).into_response())
    }
}
