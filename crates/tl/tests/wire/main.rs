//! The generated types on the wire.

mod hostile;
mod round_trip;
mod support;
mod vectors;
