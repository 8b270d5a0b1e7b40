//! Whom the server believes about where a client comes from.

use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// The proxies in front of the server (`--trusted-proxies`).
#[derive(Clone, Debug, Default)]
pub struct Trust {
    networks: Vec<IpNet>,
}

/// How many hops of a forwarding header are looked at, from the nearest. No one stacks more
/// proxies, and a longer header is an attempt at something.
const HOPS_MAX: usize = 16;

impl Trust {
    /// Believes hops in these networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Trust { networks }
    }

    /// Whether nobody is believed.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// Whether this hop is believed.
    pub fn believes(&self, hop: IpAddr) -> bool {
        let hop = hop.to_canonical();
        self.networks.iter().any(|network| network.contains(&hop))
    }

    /// The client behind an HTTP request that came from `peer` with these headers.
    ///
    /// `Forwarded` (RFC 7239) and `X-Forwarded-For` list the hops, the nearest last. As long as a hop
    /// is believed, so is what it wrote about the hop before; the first that is not is the client.
    /// Where `Forwarded` is given, the other header is not looked at. A port is kept where a hop
    /// tells it, else it is 0.
    pub fn client<'a>(
        &self,
        peer: SocketAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a str>,
        x_forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    ) -> SocketAddr {
        if !self.believes(peer.ip()) {
            return canonical(peer);
        }
        let mut elements = forwarded.rev().flat_map(|line| line.rsplit(',')).peekable();
        if elements.peek().is_some() {
            self.walk(peer, elements.map(forwarded_for))
        } else {
            let elements = x_forwarded_for.rev().flat_map(|line| line.rsplit(','));
            self.walk(peer, elements.map(|element| node(element.trim())))
        }
    }

    /// Follows the hops outwards; one that cannot be read ends the way.
    fn walk(&self, peer: SocketAddr, hops: impl Iterator<Item = Option<SocketAddr>>) -> SocketAddr {
        let mut client = peer;
        for hop in hops.take(HOPS_MAX) {
            let Some(hop) = hop else { break };
            client = hop;
            if !self.believes(hop.ip()) {
                break;
            }
        }
        canonical(client)
    }
}

/// An IPv4 address in its own form rather than in IPv6's.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The node in the `for` parameter of an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<SocketAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        if !name.eq_ignore_ascii_case("for") {
            return None;
        }
        let quoted = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        node(quoted.unwrap_or(value))
    })
}

/// An address with or without a port; IPv6 with or without brackets.
fn node(text: &str) -> Option<SocketAddr> {
    let without_port = || {
        let inner = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        let ip: IpAddr = inner.unwrap_or(text).parse().ok()?;
        Some(SocketAddr::new(ip, 0))
    };
    text.parse().ok().or_else(without_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trust() -> Trust {
        let networks = ["10.0.0.0/8", "::1/128"];
        Trust::new(networks.map(|n| n.parse().expect("a network")).to_vec())
    }

    fn client(peer: &str, forwarded: &[&str], x_forwarded_for: &[&str]) -> String {
        let peer = peer.parse().expect("an address");
        let (forwarded, other) = (forwarded.iter().copied(), x_forwarded_for.iter().copied());
        trust().client(peer, forwarded, other).to_string()
    }

    #[test]
    fn an_untrusted_hop_is_not_believed() {
        let told = client("192.0.2.1:5", &["for=203.0.113.9"], &["203.0.113.9"]);
        assert_eq!(told, "192.0.2.1:5");
    }

    #[test]
    fn the_first_hop_that_is_not_trusted_is_the_client() {
        // What the client itself claimed (1.1.1.1) stands before its own address.
        let lines = ["1.1.1.1, 203.0.113.9", "10.1.1.1"];
        assert_eq!(client("10.0.0.1:5", &[], &lines), "203.0.113.9:0");
        let lines = [
            "for=1.1.1.1, for=203.0.113.9;proto=https",
            "For=\"10.1.1.1:80\"",
        ];
        assert_eq!(client("10.0.0.1:5", &lines, &["8.8.8.8"]), "203.0.113.9:0");
    }

    #[test]
    fn a_chain_of_proxies_alone_leads_to_the_farthest() {
        assert_eq!(
            client("10.0.0.1:5", &[], &["10.0.0.3, 10.0.0.2"]),
            "10.0.0.3:0"
        );
        assert_eq!(client("10.0.0.1:5", &[], &[]), "10.0.0.1:5");
    }

    #[test]
    fn ports_and_brackets_are_read() {
        let told = client("[::1]:5", &["for=\"[2001:db8::1]:4711\""], &[]);
        assert_eq!(told, "[2001:db8::1]:4711");
        assert_eq!(
            client("[::1]:5", &["for=\"[2001:db8::1]\""], &[]),
            "[2001:db8::1]:0"
        );
        assert_eq!(client("[::1]:5", &[], &["2001:db8::1"]), "[2001:db8::1]:0");
    }

    #[test]
    fn what_cannot_be_read_leaves_the_last_hop() {
        for line in ["unknown", "", ",", "203.0.113.9, _hidden", "\"", "for"] {
            assert_eq!(client("10.0.0.1:5", &[], &[line]), "10.0.0.1:5", "{line}");
            let line = format!("for={line}");
            assert_eq!(client("10.0.0.1:5", &[&line], &[]), "10.0.0.1:5", "{line}");
        }
    }

    #[test]
    fn an_ipv4_hop_is_known_in_its_ipv6_form() {
        assert!(trust().believes("::ffff:10.0.0.1".parse().expect("an address")));
        assert_eq!(client("[::ffff:192.0.2.1]:5", &[], &[]), "192.0.2.1:5");
    }

    proptest! {
        #[test]
        fn no_header_moves_an_untrusted_peer(line in "[ -~]{0,80}") {
            prop_assert_eq!(client("192.0.2.1:5", &[&line], &[&line]), "192.0.2.1:5");
        }

        #[test]
        fn no_header_panics(line in "\\PC{0,80}", other in "[for=\"\\[\\]:;,0-9. ]{0,60}") {
            client("10.0.0.1:5", &[&line, &other], &[]);
            client("10.0.0.1:5", &[], &[&other, &line]);
        }
    }
}
