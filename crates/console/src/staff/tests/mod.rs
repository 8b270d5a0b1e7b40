//! Rights, forms, records and passkeys of the desk's pages.

mod moderation;
mod passkeys;
mod rights;
mod work;
