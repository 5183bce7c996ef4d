//! One set of features for whatever is built of the whole workspace.
//!
//! Cargo unites the features that the chosen packages ask for, those of tests only where tests are built. Without this
//! crate, documentation and programs would take some dependencies with fewer features than tests do, and compile most
//! of the others once more. Nothing depends on it: a crate that is built alone has what it asks for itself.
