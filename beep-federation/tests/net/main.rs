//! Backends that talk to each other over real sockets, and others that try to.

mod authority;
mod backend;
mod calls;
mod certificates;
mod dns;
mod evil;
mod limits;
mod reload;
mod resolver;
