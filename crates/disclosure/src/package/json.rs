//! The package as JSON, by `docs/formats/package.schema.json`.

use super::{Cover, second, warnings};
use crate::opening::Disclosed;
use heliograph_vault::plaintext::{IpInterval, Sighting};
use serde::Serialize;
use zeroize::Zeroizing;

#[derive(Serialize)]
struct Body<'a> {
    format: &'static str,
    trust: Trust<'a>,
    log: Log<'a>,
    order: Order<'a>,
    made: String,
    data: Data<'a>,
    phone_proven: Option<&'static str>,
    warnings: Vec<&'static str>,
}

#[derive(Serialize)]
struct Trust<'a> {
    level: &'a str,
    meaning: &'a str,
}

#[derive(Serialize)]
struct Log<'a> {
    origin: &'a str,
    request: u64,
    open: u64,
}

#[derive(Serialize)]
struct Order<'a> {
    authority: &'a str,
    file_reference: &'a str,
    subject: &'a str,
    from: String,
    to: String,
    received: String,
}

/// The two members.
#[derive(Serialize)]
struct Data<'a> {
    phone: Option<Secret>,
    ip: Vec<Ip<'a>>,
}

/// A text that is erased when dropped.
struct Secret(Zeroizing<String>);

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

struct Ip<'a>(&'a IpInterval);

impl Serialize for Ip<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Seen {
            address: Secret,
            first: Moment,
            last: Moment,
        }
        Seen {
            address: Secret(Zeroizing::new(self.0.ip().to_string())),
            first: Moment::of(self.0.first()),
            last: Moment::of(self.0.last()),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Moment {
    at: String,
    port: Option<u16>,
}

impl Moment {
    fn of(sighting: Sighting) -> Self {
        Self {
            at: second(sighting.at_s),
            port: Some(sighting.port).filter(|port| *port != 0),
        }
    }
}

/// Room for an address with its times, so that the text is not moved, and left behind, as it
/// grows.
const BYTES_PER_ADDRESS: usize = 200;

pub(super) fn render(cover: &Cover<'_>, disclosed: &Disclosed) -> Zeroizing<Vec<u8>> {
    let number = disclosed.phone.as_ref();
    let body = Body {
        format: "heliograph-package/1",
        trust: Trust {
            level: cover.trust_level,
            meaning: cover.trust_meaning,
        },
        log: Log {
            origin: cover.origin,
            request: cover.request,
            open: cover.open,
        },
        order: Order {
            authority: cover.authority,
            file_reference: cover.file_reference,
            subject: cover.subject,
            from: cover.from.to_string(),
            to: cover.to.to_string(),
            received: cover.received.to_string(),
        },
        made: cover.made.to_string(),
        data: Data {
            phone: number.map(|phone| Secret(Zeroizing::new(format!("+{}", phone.digits())))),
            ip: disclosed.addresses.iter().map(Ip).collect(),
        },
        phone_proven: number.map(|_| cover.proven.word()),
        warnings: warnings(disclosed, cover.proven),
    };
    let room = 8_192 + disclosed.addresses.len() * BYTES_PER_ADDRESS;
    let mut text = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer(&mut *text, &body).expect("strings and numbers always become JSON");
    text.push(b'\n');
    text
}
