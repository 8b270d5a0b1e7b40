//! `heliograph client-config`: what points a client here, ready to paste and run.

mod public_key;
mod snippets;

pub use public_key::{PublicKey, PublicKeyError};

use clap::ValueEnum;
use heliograph_mtproto::transport::ProxySecret;
use std::net::SocketAddr;

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
    /// Telegram Desktop (comes in a later version)
    Tdesktop,
    /// TDLib (comes in a later version)
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

/// What to paste for a client; the error says in words why there is nothing.
pub fn text_for(client: Client, target: &Target) -> Result<String, &'static str> {
    Ok(match client {
        Client::Telethon => snippets::telethon(target),
        Client::Kurigram => snippets::kurigram(target),
        Client::Gramjs => snippets::gramjs(target),
        Client::Mtcute => snippets::mtcute(target),
        Client::Grammers => snippets::grammers(target),
        Client::Mtproxy if target.proxy_secrets.is_empty() => {
            return Err(
                "the server has no MTProxy secret: set `mtproxy-secret` in heliograph.toml to 32 \
                 random hexadecimal digits (as `openssl rand -hex 16` prints) and start it again",
            );
        }
        Client::Mtproxy => snippets::mtproxy(target),
        Client::Tdesktop => return Err("a profile for Telegram Desktop comes in a later version"),
        Client::Tdlib => return Err("TDLib comes in a later version"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use heliograph_mtproto::ServerKey;

    fn target() -> Target {
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
    fn what_comes_later_is_said_in_words() {
        for client in [Client::Tdesktop, Client::Tdlib] {
            assert!(text_for(client, &target()).is_err_and(|words| words.contains("later")));
        }
    }
}
