//! A whole server in one thread, a clock, and people: for tests.
//!
//! A [`House`] is everything from the listener on: what takes connections and finds out what they
//! speak, the web app, the gateway, the handlers, the domain and a store, under a clock that the test
//! turns by hand. People connect over pipes in memory; nothing touches a socket, and nothing depends
//! on how threads are scheduled. A [`DeskHouse`] has a legal desk besides, with officers and courts.

mod clock;
mod desk_house;
pub mod fuzzing;
mod house;
mod officers;
mod people;
mod record;
pub mod websocket;

pub use clock::HandClock;
pub use desk_house::{Court, DeskHouse, Document, Page, pdf};
pub use house::{House, Line, SAMPLED_PER_DAY};
pub use officers::Officers;
pub use people::{Away, Person, connect};
pub use record::Record;
