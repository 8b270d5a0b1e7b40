//! `account.*`: the caller's own account.

mod deletion;
mod devices;
mod notify;
mod number;
mod privacy;
mod profile;
mod status;

use crate::router::Router;

pub(crate) use devices::device;

pub(crate) fn register(router: &mut Router) {
    deletion::register(router);
    devices::register(router);
    notify::register(router);
    number::register(router);
    privacy::register(router);
    profile::register(router);
    status::register(router);
}
