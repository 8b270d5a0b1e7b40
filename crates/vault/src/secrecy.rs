//! States at compile time that nothing secret can be printed, copied or serialised by accident,
//! and that all of it is erased when dropped.

use crate::open::Opened;
use crate::partial::Partial;
use crate::plaintext::{IpInterval, Phone, Sighting};
use crate::preserve::Preserved;
use crate::secrets::{DaySecret, RecordSecret, UserSecret};
use crate::share::SecretShare;
use serde::Serialize;
use static_assertions::{assert_impl_all, assert_not_impl_any};
use std::fmt::{Debug, Display};
use zeroize::ZeroizeOnDrop;

macro_rules! secret {
    ($($type:ty),*) => { $(
        assert_not_impl_any!($type: Debug, Display, Clone, Serialize);
        assert_impl_all!($type: ZeroizeOnDrop);
    )* };
}

secret!(
    SecretShare,
    UserSecret,
    DaySecret,
    RecordSecret,
    Partial,
    Preserved,
    Phone,
    IpInterval
);

// Each of its members is erased by itself.
assert_not_impl_any!(Opened: Debug, Display, Clone, Serialize);
// Copied out of an interval by whoever may see it.
assert_not_impl_any!(Sighting: Debug, Display, Serialize);
