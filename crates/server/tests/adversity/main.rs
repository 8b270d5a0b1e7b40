//! The program in bad company: killed, robbed, flooded and fed nonsense, as a process of its own.

mod canary;
mod custodians;
mod floods;
mod kill;
mod malformed;
mod person;
mod program;
mod replica;
mod secret;
mod stolen;
mod story;
mod wire;
