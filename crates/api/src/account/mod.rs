//! `account.*`: the caller's own account.

mod deletion;
mod devices;
mod notify;
mod number;
mod password;
mod privacy;
mod profile;
mod status;

use crate::router::Router;

pub(crate) use devices::{arriving, device};
pub(crate) use password::{asker, prove};

pub(crate) fn register(router: &mut Router) {
    deletion::register(router);
    devices::register(router);
    notify::register(router);
    number::register(router);
    password::register(router);
    privacy::register(router);
    profile::register(router);
    status::register(router);
}
