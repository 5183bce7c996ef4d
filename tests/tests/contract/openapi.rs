//! The OpenAPI document is true: it describes what is there, and what is there answers as it describes.

use std::collections::BTreeSet;

use beep_proto::operation::{OPERATIONS, RAW_OPERATIONS};
use beep_tests::database::Engine;
use beep_tests::operation;
use beep_tests::people::http;
use beep_tests::server::Server;
use serde_json::Value;

use crate::schema::Document;
use crate::script;

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_operation_is_there_and_answers_as_documented() {
    let server = Server::start(Engine::Sqlite).await;
    let document = Document::of(&server).await;
    let documented: BTreeSet<_> = operations(document.whole()).collect();
    let table: BTreeSet<_> = OPERATIONS.iter().chain(RAW_OPERATIONS).map(|spec| spec.name.to_owned()).collect();
    assert_eq!(documented, table);
    let succeeded = script::play(&server).await.succeeded;
    let missing: Vec<_> = operation::all().into_iter().filter(|entry| !succeeded.contains(entry.name)).collect();
    assert!(missing.is_empty(), "never done in the script: {missing:?}");
}

/// The ids of all documented operations.
fn operations(document: &Value) -> impl Iterator<Item = String> {
    let paths = document["paths"].as_object().expect("there are paths").values();
    let methods = paths.flat_map(|path| path.as_object().expect("a path has methods").values());
    methods.map(|method| method["operationId"].as_str().expect("each has an id").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_need_nobody_else() {
    let server = Server::shared(Engine::Sqlite).await;
    let get =
        async |path: &str| http().get(format!("{}{path}", server.url())).send().await.expect("the server answers");
    for path in ["/", "/docs"] {
        let page = get(path).await;
        assert_eq!(page.status(), 200);
        let policy =
            page.headers().get("content-security-policy").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let policy = policy.expect("a page has a policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let media = page.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert!(media.is_some_and(|media| media.starts_with("text/html")));
        let html = page.text().await.expect("it is text");
        assert!(html.contains("<title>") && !html.contains("http://") && !html.contains("https://"), "{html}");
        assert!(!html.contains("<script>") && !html.contains(" style="), "the policy lets nothing inline run");
    }
    for (path, media) in [("/docs/docs.js", "text/javascript"), ("/docs/docs.css", "text/css")] {
        let asset = get(path).await;
        assert_eq!(asset.status(), 200);
        let spoken = asset.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert!(spoken.is_some_and(|spoken| spoken.starts_with(media)), "{path}");
        let text = asset.text().await.expect("it is text");
        assert!(!text.is_empty() && !text.contains("https://"), "{path} asks nobody else");
    }
    let home = get("/").await.text().await.expect("it is text");
    assert!(home.contains("docs"), "the first page leads to the documents");
}
