//! Settings: flags = environment = `heliograph.toml`, in that order of precedence.
//!
//! Everything is checked before anything is opened: an unknown name or a bad value is named, with
//! what is allowed, and the server does not start.

mod sources;
pub mod table;
mod values;

pub use sources::Flags;

use crate::hooks::Reach;
use heliograph_console::Operator;
use heliograph_domain::accounts::Registration;
use heliograph_mtproto::transport::ProxySecret;
use ipnet::IpNet;
use sources::Sources;
use std::ffi::OsString;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use table::{Setting, Shown};
use thiserror::Error;
use tracing::level_filters::LevelFilter;
use zeroize::Zeroizing;

/// Why the settings cannot be used. No secret appears in it.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// There is no setting of this name.
    #[error("{place}: no such setting here; known are {known}")]
    Unknown {
        /// The name, and where it stands.
        place: String,
        /// The names that are known there.
        known: String,
    },
    /// The value is not allowed.
    #[error("{place}: `{value}` is not allowed; it must be {allowed}")]
    Bad {
        /// The name, and where it stands.
        place: String,
        /// The value; hidden for a secret.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// The value is for tests, and others could reach the server.
    #[error(
        "{place}: `{value}` is allowed only while listening on a loopback address, and `listen` is \
         {listen}"
    )]
    OnlyOnLoopback {
        /// The name, and where it stands.
        place: String,
        /// The value.
        value: String,
        /// Where the server would listen.
        listen: SocketAddr,
    },
    /// The file is not TOML.
    #[error("{path}, line {line}: {reason}", path = .path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// The line, from 1.
        line: usize,
    },
    /// The file cannot be read.
    #[error("the settings file {path} cannot be read: {error}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// How sign-in codes leave the house.
#[derive(Clone)]
pub enum CodesBy {
    /// Printed for the operator.
    Console,
    /// Appended to a file; for tests.
    File(PathBuf),
    /// Posted to a web address.
    Webhook {
        /// The address.
        url: String,
        /// Sent as a bearer token.
        secret: Option<Secret>,
    },
}

/// Whether there are limits on how much may be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloodLimits {
    /// The published ones.
    On,
    /// None: for load tests.
    Off,
}

/// A secret text: no `Debug`, erased when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text, to be shown to nobody but the one it is for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The settings of a server, checked.
#[derive(Clone)]
pub struct Settings {
    /// The data folder.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address that clients are told; `None` for the one they came to.
    pub advertise: Option<SocketAddr>,
    /// The public web address, without a slash at the end.
    pub origin: Option<String>,
    /// How sign-in codes leave the house.
    pub codes: CodesBy,
    /// Who may make an account.
    pub registration: Registration,
    /// Whose word about a client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Secrets for clients that come as through an MTProxy.
    pub mtproxy_secrets: Vec<ProxySecret>,
    /// Who runs the installation, for its pages; empty where nothing was said.
    pub operator: Operator,
    /// The file with the witnesses of the public log.
    pub witnesses: Option<PathBuf>,
    /// Limits on how much may be asked for.
    pub flood_limits: FloodLimits,
    /// Where bots may be called.
    pub webhooks: Reach,
    /// How many posts on which the classifier abstains come to moderators in a day.
    pub sampled_a_day: u32,
    /// Opens `/metrics` to other machines.
    pub metrics_token: Option<Secret>,
    /// How much is logged.
    pub log: LevelFilter,
}

/// Where the server listens when nothing is set.
pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8443);

impl Settings {
    /// Reads and checks the settings. `environment` is the process's, or a test's.
    pub fn read(
        flags: Flags,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let sources = Sources::gather(flags, environment)?;
        let listen = sources.parse("listen", values::listen)?.unwrap_or(LISTEN);
        let on_loopback = listen.ip().is_loopback();

        // What later versions will offer is refused in words rather than ignored.
        sources.parse("store", values::store)?;
        sources.parse("bus", values::bus)?;
        sources.parse("media", values::media)?;

        let secret = sources.parse("webhook-secret", values::secret)?;
        let codes = sources.parse("codes", |text| values::codes(text, secret.clone()))?;
        let codes = codes.unwrap_or(CodesBy::Console);
        if matches!(codes, CodesBy::File(_)) && !on_loopback {
            return Err(sources.only_on_loopback("codes", listen));
        }
        let flood_limits = sources.parse("flood-limits", values::flood_limits)?;
        let flood_limits = flood_limits.unwrap_or(FloodLimits::On);
        if flood_limits == FloodLimits::Off && !on_loopback {
            return Err(sources.only_on_loopback("flood-limits", listen));
        }
        let webhooks = sources.parse("webhooks", values::webhooks)?;
        let webhooks = webhooks.unwrap_or(Reach::Public);
        if webhooks == Reach::Loopback && !on_loopback {
            return Err(sources.only_on_loopback("webhooks", listen));
        }
        let by_default = if on_loopback {
            Registration::Open
        } else {
            Registration::Invite
        };
        Ok(Settings {
            data: sources.data(),
            listen,
            advertise: sources.parse("advertise", values::advertise)?,
            origin: sources.parse("origin", values::origin)?,
            codes,
            registration: sources
                .parse("registration", values::registration)?
                .unwrap_or(by_default),
            trusted_proxies: sources.parse_all("trusted-proxies", values::network)?,
            mtproxy_secrets: sources.parse_all("mtproxy-secret", values::mtproxy_secret)?,
            operator: Operator {
                name: sources.parse("operator", values::line)?.unwrap_or_default(),
                seat: sources.parse("seat", values::seat)?.unwrap_or_default(),
                contact: sources.parse("contact", values::line)?.unwrap_or_default(),
                contest: sources.parse("contest", values::line)?.unwrap_or_default(),
                terms: String::new(),
            },
            witnesses: sources.parse("witnesses", values::path)?,
            flood_limits,
            webhooks,
            sampled_a_day: sources
                .parse("sampled-a-day", values::sampled_a_day)?
                .unwrap_or(heliograph_moderation::sampling::PER_DAY),
            metrics_token: sources.parse("metrics-token", values::secret)?,
            log: sources
                .parse("log", values::log)?
                .unwrap_or(LevelFilter::INFO),
        })
    }
}

impl Sources {
    fn parse<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Option<T>, SettingsError> {
        let Some((value, place)) = self.one(key) else {
            return Ok(None);
        };
        let parsed = parse(value).map_err(|allowed| bad(key, place, value, allowed));
        parsed.map(Some)
    }

    fn parse_all<T>(
        &self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, SettingsError> {
        let Some(written) = self.written(key) else {
            return Ok(Vec::new());
        };
        let values = written.values.iter();
        values
            .map(|value| parse(value).map_err(|allowed| bad(key, &written.place, value, allowed)))
            .collect()
    }

    fn only_on_loopback(&self, key: &str, listen: SocketAddr) -> SettingsError {
        let (value, place) = self.one(key).unwrap_or_default();
        SettingsError::OnlyOnLoopback {
            place: place.to_owned(),
            value: shown(key, value),
            listen,
        }
    }
}

fn bad(key: &str, place: &str, value: &str, allowed: &str) -> SettingsError {
    SettingsError::Bad {
        place: place.to_owned(),
        value: shown(key, value),
        allowed: allowed.to_owned(),
    }
}

/// As much of a value as an error may repeat.
fn shown(key: &str, value: &str) -> String {
    let shown = Setting::find(key).map_or(Shown::Hidden, |setting| setting.shown);
    match (shown, value.split_once("://")) {
        (Shown::Hidden, _) => "(hidden)".to_owned(),
        (Shown::Scheme, Some((scheme, _))) => format!("{scheme}://…"),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests;
