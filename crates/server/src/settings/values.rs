//! Reading the value of each setting; the error of each is what is allowed.

use super::{CodesBy, FloodLimits, Secret};
use crate::hooks::Reach;
use heliograph_domain::accounts::Registration;
use heliograph_mtproto::transport::ProxySecret;
use heliograph_transparency::regions::Country;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use tracing::level_filters::LevelFilter;
use zeroize::Zeroizing;

type Parsed<T> = Result<T, &'static str>;

pub(super) fn listen(text: &str) -> Parsed<SocketAddr> {
    text.parse()
        .map_err(|_| "an address and a port, as 127.0.0.1:8443 or [::1]:8443")
}

pub(super) fn advertise(text: &str) -> Parsed<SocketAddr> {
    const ALLOWED: &str = "an IP address and a port that clients can reach, as 192.0.2.1:443";
    let address: SocketAddr = text.parse().map_err(|_| ALLOWED)?;
    if address.ip().is_unspecified() || address.port() == 0 {
        return Err(ALLOWED);
    }
    Ok(address)
}

pub(super) fn origin(text: &str) -> Parsed<String> {
    const ALLOWED: &str =
        "https:// and the name of a host, with nothing behind it, as https://chat.example.org";
    let host = text.strip_prefix("https://").ok_or(ALLOWED)?;
    let host = host.strip_suffix('/').unwrap_or(host);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let name = host.split(':').next().unwrap_or(host);
    // Passkeys are bound to a name.
    let is_address = name.parse::<IpAddr>().is_ok();
    if name.is_empty() || is_address || !host.chars().all(fits) {
        return Err(ALLOWED);
    }
    Ok(format!("https://{host}"))
}

pub(super) fn store(text: &str) -> Parsed<()> {
    match text {
        "sqlite" => Ok(()),
        _ if text.starts_with("postgres") => {
            Err("`sqlite` in this version; PostgreSQL comes in a later one")
        }
        _ => Err("`sqlite`"),
    }
}

pub(super) fn bus(text: &str) -> Parsed<()> {
    match text {
        "local" => Ok(()),
        _ if text.starts_with("nats") => Err("`local` in this version; NATS comes in a later one"),
        _ => Err("`local`"),
    }
}

pub(super) fn media(text: &str) -> Parsed<()> {
    match text {
        "local" => Ok(()),
        _ => Err("`local` in this version; S3 comes in a later one"),
    }
}

pub(super) fn codes(text: &str, secret: Option<Secret>) -> Parsed<CodesBy> {
    const ALLOWED: &str = "console, file:PATH or webhook:URL";
    match text.split_once(':') {
        None if text == "console" => Ok(CodesBy::Console),
        Some(("file", path)) if !path.is_empty() => Ok(CodesBy::File(path.into())),
        Some(("webhook", url)) => {
            let has_host = ["https://", "http://"]
                .iter()
                .filter_map(|scheme| url.strip_prefix(scheme))
                .any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['));
            if !has_host || url.contains(char::is_whitespace) {
                return Err("webhook: and an http:// or https:// address");
            }
            Ok(CodesBy::Webhook {
                url: url.to_owned(),
                secret,
            })
        }
        Some(("smtp", _)) => {
            Err("console, file:PATH or webhook:URL in this version; mail comes in a later one")
        }
        _ => Err(ALLOWED),
    }
}

pub(super) fn registration(text: &str) -> Parsed<Registration> {
    match text {
        "invite" => Ok(Registration::Invite),
        "open" => Ok(Registration::Open),
        "closed" => Ok(Registration::Closed),
        _ => Err("invite, open or closed"),
    }
}

pub(super) fn network(text: &str) -> Parsed<IpNet> {
    let single = text.parse::<IpAddr>().map(IpNet::from);
    single
        .or_else(|_| text.parse())
        .map_err(|_| "networks as 10.0.0.0/8 or 2001:db8::/32, separated by commas")
}

pub(super) fn mtproxy_secret(text: &str) -> Parsed<ProxySecret> {
    const ALLOWED: &str = "32 hexadecimal digits (16 random bytes), without `dd` in front";
    if text.len() != 32 || !text.is_ascii() {
        return Err(ALLOWED);
    }
    let mut secret = ProxySecret([0; 16]);
    for (byte, digits) in secret.0.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).map_err(|_| ALLOWED)?;
        if digits.starts_with('+') {
            return Err(ALLOWED);
        }
        *byte = u8::from_str_radix(digits, 16).map_err(|_| ALLOWED)?;
    }
    Ok(secret)
}

pub(super) fn webhooks(text: &str) -> Parsed<Reach> {
    match text {
        "public" => Ok(Reach::Public),
        "loopback" => Ok(Reach::Loopback),
        _ => Err("public or loopback"),
    }
}

pub(super) fn sampled_a_day(text: &str) -> Parsed<u32> {
    let number = text.parse().ok().filter(|number| *number <= 10_000);
    number.ok_or("a number, at most 10,000")
}

pub(super) fn flood_limits(text: &str) -> Parsed<FloodLimits> {
    match text {
        "on" => Ok(FloodLimits::On),
        "off" => Ok(FloodLimits::Off),
        _ => Err("on or off"),
    }
}

pub(super) fn line(text: &str) -> Parsed<String> {
    if text.trim().is_empty() || text.len() > 300 || text.chars().any(char::is_control) {
        return Err("a line of text, at most 300 bytes");
    }
    Ok(text.to_owned())
}

pub(super) fn seat(text: &str) -> Parsed<String> {
    let country = text.parse::<Country>();
    let country = country.map_err(|_| "the two capital letters of a country, as DE")?;
    Ok(country.to_string())
}

pub(super) fn path(text: &str) -> Parsed<PathBuf> {
    if text.is_empty() {
        return Err("the path of a file");
    }
    Ok(text.into())
}

pub(super) fn secret(text: &str) -> Parsed<Secret> {
    // It travels in an HTTP header, and a short one could be guessed.
    if text.len() < 16 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("at least 16 printable characters without spaces");
    }
    Ok(Secret(Zeroizing::new(text.to_owned())))
}

pub(super) fn log(text: &str) -> Parsed<LevelFilter> {
    match text {
        "error" => Ok(LevelFilter::ERROR),
        "warn" => Ok(LevelFilter::WARN),
        "info" => Ok(LevelFilter::INFO),
        "debug" => Ok(LevelFilter::DEBUG),
        "trace" => Ok(LevelFilter::TRACE),
        _ => Err("error, warn, info, debug or trace"),
    }
}
