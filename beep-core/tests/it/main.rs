//! The rules, held against tables written by hand, properties, and a second reading of the contract.

mod cases;
mod explain;
mod facts;
mod hierarchy;
mod kinds;
mod model;
mod permission;
mod scenario;
mod vectors;
