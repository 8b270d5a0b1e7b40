//! A whole server in one thread, from the outside. One program holds every test, since each links
//! the whole server; every file is one subject.

mod benign;
mod corpus;
mod deadlines;
mod desk;
mod gate;
mod keeper_counts;
mod keys;
mod moderation;
mod operator_bots;
mod preview;
mod refusals;
mod restarts;
mod secret_chats;
mod sessions;
mod stopping;
mod temporary_keys;
mod terms;
mod transparency;
mod web;
