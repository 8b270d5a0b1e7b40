//! The texts to paste. Each is a whole program: it signs in, signs up where the number is new, and
//! sends a message to Saved Messages.

use super::Target;
use heliograph_mtproto::transport::ProxySecret;
use std::fmt::Write as _;
use std::net::SocketAddr;

/// Fills `{{name}}` in a text.
fn fill(text: &str, target: &Target) -> String {
    let address = target.address;
    text.replace("{{address}}", &address.to_string())
        .replace("{{host}}", &address.ip().to_string())
        .replace("{{port}}", &address.port().to_string())
        .replace("{{pem}}", target.key.pem().trim())
        .replace("{{pem in a comment}}", &in_comment(target.key.pem()))
        .replace("{{fingerprint}}", &target.key.fingerprint().to_string())
        .replace("{{modulus}}", target.key.modulus_hex())
}

/// The key inside an indented comment of Rust.
fn in_comment(pem: &str) -> String {
    pem.trim().replace('\n', "\n//     ")
}

pub(super) fn telethon(target: &Target) -> String {
    fill(include_str!("telethon.py"), target)
}

pub(super) fn kurigram(target: &Target) -> String {
    fill(include_str!("kurigram.py"), target)
}

pub(super) fn gramjs(target: &Target) -> String {
    fill(include_str!("gramjs.cjs"), target)
}

pub(super) fn mtcute(target: &Target) -> String {
    fill(include_str!("mtcute.mjs"), target)
}

pub(super) fn grammers(target: &Target) -> String {
    fill(include_str!("grammers.rs.txt"), target)
}

pub(super) fn tdlib(target: &Target, secret: &ProxySecret) -> String {
    fill(include_str!("tdlib.py"), target).replace("{{secret}}", &in_hex(secret))
}

fn in_hex(secret: &ProxySecret) -> String {
    secret.0.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) fn mtproxy(target: &Target) -> String {
    let mut text =
        "# Opens in Telegram clients. It points them here; the client must also know this\n\
                    # server's public key, which official apps do not.\n"
            .to_owned();
    for secret in &target.proxy_secrets {
        let _ = writeln!(text, "{}", proxy_link(target.address, secret));
    }
    text
}

/// The link that clients of Telegram open as an MTProxy.
pub fn proxy_link(address: SocketAddr, secret: &ProxySecret) -> String {
    let (ip, port, secret) = (address.ip(), address.port(), in_hex(secret));
    format!("tg://proxy?server={ip}&port={port}&secret={secret}")
}
