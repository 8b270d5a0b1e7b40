//! `account.*`: the caller's own account.

mod devices;
mod notify;
mod privacy;
mod profile;
mod status;

use crate::router::Router;

pub(crate) use devices::device;

pub(crate) fn register(router: &mut Router) {
    devices::register(router);
    notify::register(router);
    privacy::register(router);
    profile::register(router);
    status::register(router);
}
