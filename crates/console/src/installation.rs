//! What an installation says of itself on its pages.

use webauthn_rs::prelude::Url;

/// Where the installation is reached when nothing is configured.
const LOCAL_ORIGIN: &str = "http://localhost:8443";

/// Who runs the installation. Empty texts are left out of pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    /// The operator's name.
    pub name: String,
    /// The country where the operator sits, by its ISO 3166-1 code.
    pub seat: String,
    /// Where people and authorities can write to.
    pub contact: String,
    /// Where someone can turn who contests a disclosure: a sentence.
    pub contest: String,
    /// Where the terms are published, an address.
    pub terms: String,
}

/// The installation, as its pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    origin: Url,
    /// Who runs it.
    pub operator: Operator,
    /// How a deployment keeps what is not in the log: pairs of what and for how long, in words.
    /// The server makes them from its own constants and settings.
    pub kept: Vec<(String, String)>,
}

/// The origin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// It is no web address, or has more than scheme, host and port.
    #[error("the origin is not of the form https://HOST[:PORT]")]
    Origin,
    /// Passkeys work over TLS or on localhost only.
    #[error("passkeys need an https origin, or http://localhost")]
    Insecure,
    /// The passkey library refused it.
    #[error("passkeys cannot be bound to the origin: {0}")]
    Passkeys(String),
}

impl Installation {
    /// An installation at a public address (`https://HOST`), or on this machine only.
    pub fn new(origin: Option<&str>, operator: Operator) -> Result<Self, InstallationError> {
        let text = origin.unwrap_or(LOCAL_ORIGIN);
        let origin: Url = text.parse().map_err(|_| InstallationError::Origin)?;
        let bare = origin.path() == "/" && origin.query().is_none() && origin.fragment().is_none();
        if !bare || !origin.username().is_empty() || origin.password().is_some() {
            return Err(InstallationError::Origin);
        }
        match (origin.scheme(), origin.domain()) {
            ("https", Some(_)) | ("http", Some("localhost")) => {}
            ("https", None) => return Err(InstallationError::Origin),
            _ => return Err(InstallationError::Insecure),
        }
        Ok(Self {
            origin,
            operator,
            kept: Vec::new(),
        })
    }

    /// Its address.
    pub fn origin(&self) -> &Url {
        &self.origin
    }

    /// The host, to which passkeys are bound.
    pub fn domain(&self) -> &str {
        self.origin.domain().expect("checked when it was made")
    }

    /// Its address without a slash at the end, for links.
    pub fn address(&self) -> &str {
        self.origin.as_str().trim_end_matches('/')
    }

    /// Whether it is reached over TLS.
    pub fn is_https(&self) -> bool {
        self.origin.scheme() == "https"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(origin: Option<&str>) -> Result<Installation, InstallationError> {
        Installation::new(origin, Operator::default())
    }

    #[test]
    fn an_origin_is_https_or_this_machine() {
        let installation = new(Some("https://chat.example")).expect("an origin");
        assert_eq!(installation.address(), "https://chat.example");
        assert_eq!(installation.domain(), "chat.example");
        assert_eq!(new(None).expect("the local one").domain(), "localhost");
        for insecure in [
            "http://chat.example",
            "http://127.0.0.1:8443",
            "ftp://localhost",
        ] {
            let error = new(Some(insecure)).expect_err("refused");
            assert!(matches!(error, InstallationError::Insecure), "{insecure}");
        }
        for wrong in [
            "chat.example",
            "https://chat.example/path",
            "https://u:p@chat.example",
            "https://198.51.100.7",
        ] {
            assert!(new(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
