//! The transcoder against the rules of each layer.

mod answers;
mod down;
mod history;
mod hostile;
mod keyboards;
mod round_trip;
mod support;
mod up;
