//! People with the SDK, each behind a proxy that can cut them off.

use beep_client::{Client, accounts};
use beep_tests::chance::Chance;
use beep_tests::people::PASSWORD;
use beep_tests::proxy::Proxy;
use beep_tests::server::Server;

/// Somebody with the SDK.
pub(crate) struct Guest {
    pub(crate) name: String,
    /// Signed in through the proxy.
    pub(crate) client: Client,
    pub(crate) proxy: Proxy,
}

impl Guest {
    /// Signs up and in.
    pub(crate) async fn sign_up(server: &Server, name: String, chance: Chance) -> Self {
        let proxy = Proxy::start(server.address(), chance).await;
        let client = Client::builder(proxy.url()).build().expect("the URL is one");
        let email = format!("{name}@example.com");
        let asked = accounts::Register::new(email.as_str(), PASSWORD, name.as_str());
        client.accounts().register(asked).await.expect("the name is free");
        client.activate(&email, server.mailed_code(&email)).await.expect("the code is right");
        Self { name, client, proxy }
    }

    /// Signs in once more, past the proxy.
    pub(crate) async fn on_another_device(&self, server: &Server) -> Client {
        let client = Client::builder(server.url()).build().expect("the URL is one");
        client.login(&self.name, PASSWORD).await.expect("the password is right");
        client
    }
}
