//! An attack, and how it is played.

use std::future::Future;
use std::pin::Pin;

use crate::address::Spread;
use crate::report::Report;
use crate::stage::Stage;

/// What somebody does to a backend, and what it must stand.
#[derive(Clone, Copy)]
pub struct Attack {
    /// Its name, that of its file.
    pub name: &'static str,
    /// What the attacker does.
    pub does: &'static str,
    /// What must hold all the same.
    pub holds: &'static str,
    /// Whether it is another attack when it comes from many addresses.
    pub spreads: bool,
    /// Whether it is another backend that attacks.
    pub by_peer: bool,
    /// Prepares, opens the stage, and plays.
    pub(crate) play: for<'a> fn(&'a mut Stage) -> Playing<'a>,
}

/// An attack that is being played.
pub(crate) type Playing<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// How much of it is played.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// As little as shows that it holds, against a debug build.
    Short,
    /// As much as an attacker can do.
    Whole,
}

/// Plays an attack against a backend of its own.
pub async fn play(attack: &Attack, form: Form, spread: Spread) -> Report {
    let attack = *attack;
    let stage = match attack.by_peer {
        false => Stage::new(form, spread).await,
        true => Stage::among_others(form, spread).await,
    };
    // A panic is an attack that could not be played to its end, which is said of that one.
    let played = tokio::spawn(async move {
        let mut stage = stage;
        (attack.play)(&mut stage).await;
        stage.close().await
    });
    let outcome = played.await.unwrap_or_else(|error| crate::report::Outcome {
        broken: vec![format!("it could not be played to its end: {error}")],
        figures: None,
    });
    Report { name: attack.name, spread, outcome }
}
