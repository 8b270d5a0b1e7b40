//! `heliograph client-config`: what points a client here, ready to paste and run.

mod public_key;
mod snippets;
pub mod tdesktop;

pub use public_key::{PublicKey, PublicKeyError};
pub use snippets::proxy_link;

use clap::ValueEnum;
use heliograph_mtproto::transport::ProxySecret;
use std::net::SocketAddr;
use thiserror::Error;

/// A client that can be pointed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Telethon, Python
    Telethon,
    /// Kurigram (the living branch of Pyrogram), Python
    Kurigram,
    /// gramjs, the npm package `telegram`
    Gramjs,
    /// mtcute for Node
    Mtcute,
    /// grammers, Rust
    Grammers,
    /// A link for clients that take an MTProxy
    Mtproxy,
    /// Telegram Desktop, unmodified: a profile that leads here
    Tdesktop,
    /// TDLib, Python: a copy of its library with this server's key
    Tdlib,
}

impl Client {
    /// The clients that there is something to paste for.
    pub const LIBRARIES: [(Client, &'static str); 5] = [
        (Client::Telethon, "Telethon"),
        (Client::Kurigram, "Kurigram"),
        (Client::Gramjs, "gramjs"),
        (Client::Mtcute, "mtcute"),
        (Client::Grammers, "grammers"),
    ];
}

/// Where clients are pointed.
pub struct Target {
    /// The address that they dial.
    pub address: SocketAddr,
    /// The server's key.
    pub key: PublicKey,
    /// The MTProxy secrets that the server takes.
    pub proxy_secrets: Vec<ProxySecret>,
}

/// Why there is nothing to paste, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoText {
    /// The client comes here through an MTProxy secret alone.
    #[error(
        "the server has no MTProxy secret: set `mtproxy-secret` in heliograph.toml to 32 random \
         hexadecimal digits (as `openssl rand -hex 16` prints) and start it again"
    )]
    NoSecret,
    /// Telegram Desktop takes a profile ([`tdesktop::write`]), which is files.
    #[error("Telegram Desktop takes a profile, which is no text")]
    Files,
}

/// What to paste for a client.
pub fn text_for(client: Client, target: &Target) -> Result<String, NoText> {
    Ok(match client {
        Client::Telethon => snippets::telethon(target),
        Client::Kurigram => snippets::kurigram(target),
        Client::Gramjs => snippets::gramjs(target),
        Client::Mtcute => snippets::mtcute(target),
        Client::Grammers => snippets::grammers(target),
        Client::Mtproxy if target.proxy_secrets.is_empty() => return Err(NoText::NoSecret),
        Client::Mtproxy => snippets::mtproxy(target),
        Client::Tdlib => {
            let secret = target.proxy_secrets.first().ok_or(NoText::NoSecret)?;
            snippets::tdlib(target, secret)
        }
        Client::Tdesktop => return Err(NoText::Files),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_mtproto::ServerKey;

    pub(super) fn target() -> Target {
        let key = ServerKey::generate().expect("a key");
        let pem = key.public_pem().expect("PEM");
        Target {
            address: "192.0.2.7:8443".parse().expect("an address"),
            key: PublicKey::read(&pem).expect("a key"),
            proxy_secrets: Vec::new(),
        }
    }

    #[test]
    fn every_library_is_told_the_address_and_the_key() {
        let target = target();
        for (client, name) in Client::LIBRARIES {
            let text = text_for(client, &target).expect("there is a text");
            assert!(text.contains("192.0.2.7"), "{name}");
            assert!(text.contains("8443"), "{name}");
            let by_number = text.contains(target.key.modulus_hex());
            let by_pem = target.key.pem().lines().all(|line| text.contains(line));
            assert!(by_number || by_pem, "{name}");
            assert!(!text.contains("{{") && text.ends_with('\n'), "{name}");
        }
    }

    #[test]
    fn a_proxy_link_is_printed_for_each_secret() {
        let mut target = target();
        assert!(text_for(Client::Mtproxy, &target).is_err());
        target.proxy_secrets = vec![ProxySecret([0xab; 16]), ProxySecret([1; 16])];
        let text = text_for(Client::Mtproxy, &target).expect("there are secrets");
        let link = "tg://proxy?server=192.0.2.7&port=8443&secret=abababababababababababababababab";
        assert!(text.lines().any(|line| line == link), "{text}");
        assert_eq!(text.matches("tg://").count(), 2);
    }

    #[test]
    fn tdlib_needs_a_proxy_secret_and_gets_our_key() {
        let mut target = target();
        assert_eq!(text_for(Client::Tdlib, &target), Err(NoText::NoSecret));
        target.proxy_secrets = vec![ProxySecret([0xab; 16])];
        let text = text_for(Client::Tdlib, &target).expect("there is a secret");
        assert!(
            text.contains(&"ab".repeat(16)) && !text.contains("{{"),
            "{text}"
        );
        assert!(target.key.pem().lines().all(|line| text.contains(line)));
    }
}
