//! Calls of bots at addresses that strangers name.
//!
//! Such an address must not lead inside: to this machine, its network, or what a cloud keeps at
//! link-local addresses. A name is looked up once for each call, every address that it has must be a
//! public one, and the call goes to just these: what the name says a moment later does not matter.

use heliograph_bot_api::{Caller, Delivery};
use heliograph_store::BoxFuture;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error, config::Config};

/// How long one call may take in all.
const CALL: Duration = Duration::from_secs(30);
/// The largest answer that is read, in bytes: a method with a text and a keyboard.
const ANSWER_MAX: u64 = 256 * 1024;
/// Calls under way at once; each holds a thread.
const AT_ONCE: usize = 32;
/// The ports that bots may name, as the public Bot API has them.
const PORTS: [u16; 4] = [443, 80, 88, 8443];

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public ones, by https.
    Public,
    /// This machine itself besides, by http as well: for tests.
    Loopback,
}

/// Calls bots over HTTP.
pub struct HookCaller {
    agent: Agent,
    reach: Reach,
    places: Semaphore,
}

impl HookCaller {
    /// Calls what lies within `reach`.
    pub fn new(reach: Reach) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(CALL))
            .https_only(reach == Reach::Public)
            // Another address would have to be checked anew, and a proxy would look names up itself.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .http_status_as_error(false)
            .user_agent("heliograph")
            .build();
        let resolver = Outside {
            reach,
            names: DefaultResolver::default(),
        };
        HookCaller {
            agent: Agent::with_parts(config, DefaultConnector::default(), resolver),
            reach,
            places: Semaphore::new(AT_ONCE),
        }
    }
}

impl Caller for HookCaller {
    fn check(&self, url: &str) -> Result<(), String> {
        let https = "An HTTPS URL must be provided for webhook";
        let address: Uri = url.parse().map_err(|_| "invalid webhook URL specified")?;
        let plain_allowed = self.reach == Reach::Loopback;
        match address.scheme_str() {
            Some("https") => {}
            Some("http") if plain_allowed => {}
            _ => return Err(https.into()),
        }
        let host = address.host().unwrap_or_default();
        if host.is_empty()
            || address
                .authority()
                .is_some_and(|who| who.as_str().contains('@'))
        {
            return Err("invalid webhook URL specified".into());
        }
        let port = address.port_u16().unwrap_or(443);
        if !plain_allowed && !PORTS.contains(&port) {
            return Err("Webhook can be set up only on ports 80, 88, 443 or 8443".into());
        }
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        if literal.is_some_and(|ip| !may_reach(ip, self.reach)) {
            return Err("IP address is reserved".into());
        }
        Ok(())
    }

    fn call(&self, delivery: Delivery) -> BoxFuture<'_, Result<Vec<u8>, String>> {
        Box::pin(async move {
            let place = self.places.acquire().await;
            let _place = place.map_err(|_| "shutting down".to_owned())?;
            let agent = self.agent.clone();
            let called = spawn_blocking(move || call(&agent, &delivery)).await;
            called.unwrap_or_else(|_| Err("shutting down".into()))
        })
    }
}

fn call(agent: &Agent, delivery: &Delivery) -> Result<Vec<u8>, String> {
    let mut request = agent.post(&delivery.url).content_type("application/json");
    if let Some(secret) = &delivery.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    // The library's words may repeat the address, which may hold a secret of the bot's.
    let answer = request.send(delivery.body.as_bytes());
    let mut answer = answer.map_err(|error| words(&error))?;
    let status = answer.status();
    if !status.is_success() {
        let reason = status.canonical_reason().unwrap_or_default();
        let code = status.as_u16();
        return Err(format!("Wrong response from the webhook: {code} {reason}"));
    }
    let body = answer.body_mut().with_config().limit(ANSWER_MAX);
    // The bot has taken the update, whatever else it says.
    Ok(body.read_to_vec().unwrap_or_default())
}

fn words(error: &Error) -> String {
    match error {
        Error::Timeout(_) => "Read timeout expired",
        Error::HostNotFound => "Failed to resolve host, or it leads inside",
        Error::Tls(_) | Error::Rustls(_) => "SSL error",
        Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "Connection refused"
        }
        _ => "Connection failed",
    }
    .into()
}

/// Looks names up, and finds nothing where any answer leads inside.
#[derive(Debug)]
struct Outside {
    reach: Reach,
    names: DefaultResolver,
}

impl Resolver for Outside {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let outside = found
            .iter()
            .all(|address| may_reach(address.ip(), self.reach));
        if outside {
            Ok(found)
        } else {
            Err(Error::HostNotFound)
        }
    }
}

fn may_reach(ip: IpAddr, reach: Reach) -> bool {
    let ip = ip.to_canonical();
    is_public(ip) || (reach == Reach::Loopback && ip.is_loopback())
}

/// Whether an address belongs to the public internet, by the registries of special addresses
/// (RFC 6890 and what has been added since).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = a == 0
        || a == 10
        || a == 127
        || (a == 100 && (64..128).contains(&b)) // carriers' own networks
        || (a == 169 && b == 254) // link-local, with the clouds' metadata
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 192 && b == 168)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        || a >= 224;
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let words = ip.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    // An address of the older kind in one of the newer leads where the older one leads.
    if words[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return embedded(words[6], words[7]);
    }
    if words[0] == 0x2002 {
        return embedded(words[1], words[2]);
    }
    let global = words[0] & 0xe000 == 0x2000;
    let special = (words[0] == 0x2001 && (words[1] < 0x200 || words[1] == 0xdb8))
        || words[0] & 0xfff0 == 0x3ff0;
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_are_none_of_the_public_ones() {
        for inside in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "3fff::1",
        ] {
            let ip: IpAddr = inside.parse().expect("an address");
            assert!(!may_reach(ip, Reach::Public), "{inside}");
        }
        for outside in [
            "8.8.8.8",
            "100.63.0.1",
            "172.32.0.1",
            "2a00:1450::1",
            "2606:4700::1111",
        ] {
            let ip: IpAddr = outside.parse().expect("an address");
            assert!(may_reach(ip, Reach::Public), "{outside}");
        }
        let own: IpAddr = "127.0.0.1".parse().expect("an address");
        let network: IpAddr = "192.168.1.1".parse().expect("an address");
        assert!(may_reach(own, Reach::Loopback) && !may_reach(network, Reach::Loopback));
    }

    #[test]
    fn an_address_that_can_be_no_webhook_is_refused_at_once() {
        let caller = HookCaller::new(Reach::Public);
        for url in [
            "",
            "x",
            "http://example.org/",
            "ftp://example.org/",
            "https://",
            "https:///x",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest",
            "https://example.org:22/",
            "https://user:pass@example.org/",
            "https://[::ffff:10.0.0.1]/",
        ] {
            assert!(caller.check(url).is_err(), "{url}");
        }
        for url in [
            "https://example.org/hook?x=1",
            "https://example.org:8443/",
            "https://8.8.8.8/",
        ] {
            assert_eq!(caller.check(url), Ok(()), "{url}");
        }
        let own = HookCaller::new(Reach::Loopback);
        assert_eq!(own.check("http://127.0.0.1:9000/x"), Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("it can");
        let port = listener.local_addr().expect("bound").port();
        let delivery = Delivery {
            url: format!("https://localhost:{port}/"),
            secret: None,
            body: "{}".into(),
        };
        let called = HookCaller::new(Reach::Public).call(delivery).await;
        assert_eq!(
            called,
            Err("Failed to resolve host, or it leads inside".into())
        );
        assert!(listener.accept().is_err(), "nobody came");
    }

    #[tokio::test]
    async fn a_bot_is_given_its_secret_and_its_answer_is_read() {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let bot = std::thread::spawn(move || {
            let mut requests = Vec::new();
            for answer in ["200 OK", "302 Found", "500 Oops"] {
                let (mut stream, _) = listener.accept().expect("a call");
                let mut request = Vec::new();
                while !request.ends_with(b"{\"update_id\":1}") {
                    let mut byte = [0];
                    assert_eq!(stream.read(&mut byte).expect("bytes"), 1);
                    request.push(byte[0]);
                }
                let head =
                    "location: http://127.0.0.1:1/\r\nconnection: close\r\ncontent-length: 2";
                write!(stream, "HTTP/1.1 {answer}\r\n{head}\r\n\r\n{{}}").expect("written");
                requests.push(String::from_utf8_lossy(&request).to_lowercase());
            }
            requests
        });
        let caller = HookCaller::new(Reach::Loopback);
        let delivery = Delivery {
            url: format!("http://127.0.0.1:{port}/hook"),
            secret: Some("abc".into()),
            body: "{\"update_id\":1}".into(),
        };
        assert_eq!(caller.call(delivery.clone()).await, Ok(b"{}".to_vec()));
        // It is not led elsewhere.
        let moved = caller.call(delivery.clone()).await;
        assert!(moved.is_err_and(|words| words.contains("302")));
        let broken = caller.call(delivery).await;
        assert!(broken.is_err_and(|words| words.contains("500")));
        let requests = bot.join().expect("it ends");
        assert!(requests[0].contains("x-telegram-bot-api-secret-token: abc"));
    }
}
