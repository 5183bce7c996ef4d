//! The same requests give the same answers, whatever the backend keeps its data in.

use beep_tests::database::Engine;
use beep_tests::server::Server;

use crate::script;

#[tokio::test(flavor = "multi_thread")]
async fn every_engine_answers_the_same() {
    let mut recordings = Vec::new();
    for engine in Engine::at_hand().into_iter().chain([Engine::Memory]) {
        let server = Server::start(engine).await;
        recordings.push((engine, script::play(&server).await.lines));
        assert!(!server.log().contains("panicked"));
    }
    let (first, lines) = &recordings[0];
    assert!(lines.len() > 200, "the script is long: {}", lines.len());
    for (engine, others) in &recordings[1..] {
        for (line, other) in lines.iter().zip(others) {
            assert_eq!(line, other, "{first:?} and {engine:?} differ");
        }
        assert_eq!(lines.len(), others.len());
    }
}
