//! Sockets, settings, wiring and the command line.

mod backup;
pub mod belonging;
pub mod bench;
pub mod cli;
pub mod client;
pub mod client_config;
pub mod codes;
pub mod control;
pub mod custodian_process;
mod demo;
pub mod desk;
pub mod gateway;
pub mod hooks;
pub mod http;
pub mod installation;
pub mod keeper_process;
pub mod media;
pub mod metrics;
pub mod moderation;
pub mod msg_id_floor;
pub mod net;
pub mod operator_bots;
pub mod process;
pub mod proxy_protocol;
pub mod search;
pub mod secrets;
pub mod service_accounts;
pub mod settings;
pub mod start;
pub mod switches;
pub mod system;
pub mod trust;

use std::future::Future;

/// Starts a task. The one place where tasks begin, so that each has a name in traces.
pub(crate) fn spawn<F>(name: &'static str, task: F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let _ = name;
    tokio::spawn(task);
}
