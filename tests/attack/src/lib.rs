//! What a running backend stands, whoever attacks it.
//!
//! [`ATTACKS`] lists the attacks, one file each. An attack prepares what it needs, opens the [stage](Stage), which starts
//! the backend anew with its default limits, and then plays. What must hold is checked by the attack itself. Beside
//! each, two honest people talk from another address: how long a message takes from one to the other is a figure of the
//! [report](Report), as are the memory and the descriptors of the backend. What
//! other backends can do is played by false ones ([`Attack::by_peer`]), and a second pair talks from one backend to another.

mod abroad;
mod address;
mod attack;
mod attacks;
mod honest;
pub mod pairs;
mod process;
mod report;
mod stage;
pub mod wire;

pub use address::Spread;
pub use attack::{Attack, Form, play};
pub use attacks::ATTACKS;
pub use process::{resident, take_descriptors};
pub use report::{Figures, Outcome, PairFigures, Report};
pub use stage::Stage;
