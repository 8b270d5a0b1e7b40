//! The PROXY protocol, versions 1 and 2
//! (<https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>): a proxy tells where a
//! connection comes from, in front of the connection's own bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// How the first bytes of a connection read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// They may become a header.
    NeedMore,
    /// They are something else.
    NotProxy,
    /// A header.
    Header {
        /// Where the connection comes from; `None` where the proxy speaks for itself (a health
        /// check) or does not know.
        source: Option<SocketAddr>,
        /// How many bytes the header has; the connection's own follow.
        len: usize,
    },
    /// They began as a header and are none.
    Bad,
}

const SIGNATURE_1: &[u8] = b"PROXY ";
/// The longest header of version 1 with its line end (section 2.1).
const LEN_MAX_1: usize = 107;

const SIGNATURE_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// The fixed part of version 2: signature, version and command, family, length.
const LEN_FIXED_2: usize = 16;
/// The longest rest of version 2 that is taken. Addresses need 36 bytes, what proxies add about
/// 100; the standard asks for 216 in all.
const LEN_REST_MAX_2: usize = 2048;

/// Reads a header at the front of `bytes`.
pub fn parse(bytes: &[u8]) -> Parsed {
    if begins(bytes, SIGNATURE_1) {
        parse_1(bytes)
    } else if begins(bytes, SIGNATURE_2) {
        parse_2(bytes)
    } else {
        Parsed::NotProxy
    }
}

/// Whether the two agree as far as both go.
fn begins(bytes: &[u8], signature: &[u8]) -> bool {
    let known = bytes.len().min(signature.len());
    bytes[..known] == signature[..known]
}

fn parse_1(bytes: &[u8]) -> Parsed {
    let head = &bytes[..bytes.len().min(LEN_MAX_1)];
    let Some(end) = head.windows(2).position(|pair| pair == b"\r\n") else {
        return if bytes.len() < LEN_MAX_1 {
            Parsed::NeedMore
        } else {
            Parsed::Bad
        };
    };
    let source = head
        .get(SIGNATURE_1.len()..end)
        .and_then(|line| std::str::from_utf8(line).ok())
        .and_then(source_1);
    match source {
        Some(source) => Parsed::Header {
            source,
            len: end + 2,
        },
        None => Parsed::Bad,
    }
}

/// The source in a line of version 1 behind `PROXY `; `None` for a malformed line.
#[expect(
    clippy::option_option,
    reason = "the inner one says that the proxy does not know"
)]
fn source_1(line: &str) -> Option<Option<SocketAddr>> {
    let mut words = line.split(' ');
    let family = words.next()?;
    if family == "UNKNOWN" {
        // Whatever follows is to be ignored.
        return Some(None);
    }
    let (source, destination) = (words.next()?, words.next()?);
    let (source_port, destination_port) = (port_1(words.next()?)?, port_1(words.next()?)?);
    let (source, destination): (IpAddr, IpAddr) = match family {
        "TCP4" => (
            source.parse::<Ipv4Addr>().ok()?.into(),
            destination.parse::<Ipv4Addr>().ok()?.into(),
        ),
        "TCP6" => (
            source.parse::<Ipv6Addr>().ok()?.into(),
            destination.parse::<Ipv6Addr>().ok()?.into(),
        ),
        _ => return None,
    };
    let _ = (destination, destination_port);
    words
        .next()
        .is_none()
        .then_some(Some(SocketAddr::new(source, source_port)))
}

fn port_1(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let short = text == "0" || !text.starts_with('0');
    (plain && short).then(|| text.parse().ok()).flatten()
}

fn parse_2(bytes: &[u8]) -> Parsed {
    let Some(fixed) = bytes.first_chunk::<LEN_FIXED_2>() else {
        return Parsed::NeedMore;
    };
    let [version_and_command, family, len_high, len_low] = fixed[SIGNATURE_2.len()..] else {
        return Parsed::Bad;
    };
    let rest = usize::from(u16::from_be_bytes([len_high, len_low]));
    let is_local = match version_and_command {
        0x20 => true,
        0x21 => false,
        _ => return Parsed::Bad,
    };
    if rest > LEN_REST_MAX_2 {
        return Parsed::Bad;
    }
    let len = LEN_FIXED_2 + rest;
    let Some(rest) = bytes.get(LEN_FIXED_2..len) else {
        return Parsed::NeedMore;
    };
    if is_local {
        return Parsed::Header { source: None, len };
    }
    let source = match family {
        // TCP over IPv4: two addresses, two ports.
        0x11 => rest.first_chunk::<12>().map(|block| {
            let [a, b, c, d, _, _, _, _, high, low, ..] = *block;
            SocketAddr::from(([a, b, c, d], u16::from_be_bytes([high, low])))
        }),
        // TCP over IPv6.
        0x21 => rest.first_chunk::<36>().and_then(|block| {
            let address = Ipv6Addr::from(*block.first_chunk::<16>()?);
            let port = u16::from_be_bytes([block[32], block[33]]);
            Some(SocketAddr::new(address.into(), port))
        }),
        // Unspecified, datagrams, Unix sockets: no address to be had.
        0x00 | 0x12 | 0x22 | 0x31 | 0x32 => return Parsed::Header { source: None, len },
        _ => None,
    };
    match source {
        Some(_) => Parsed::Header { source, len },
        None => Parsed::Bad,
    }
}

/// For fuzzers: takes any bytes, and panics only if a promise is broken.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let whole = parse(bytes);
    if let Parsed::Header { len, .. } = whole {
        assert!(len <= bytes.len() && len <= LEN_FIXED_2 + LEN_REST_MAX_2);
    }
    // However the bytes arrive, the answer is the same once it is given.
    for end in 0..bytes.len() {
        let part = parse(&bytes[..end]);
        assert!(part == Parsed::NeedMore || part == whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(source: &str, len: usize) -> Parsed {
        Parsed::Header {
            source: Some(source.parse().expect("an address")),
            len,
        }
    }

    fn version_2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = SIGNATURE_2.to_vec();
        bytes.extend([command, family]);
        bytes.extend((rest.len() as u16).to_be_bytes());
        bytes.extend(rest);
        bytes
    }

    #[test]
    fn the_examples_of_the_standard_are_read() {
        let line = b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\nrest";
        assert_eq!(parse(line), header("255.255.255.255:65535", 56));
        let line = b"PROXY TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n";
        assert_eq!(parse(line), Parsed::Bad);
        let line = b"PROXY TCP6 2001:db8::1 2001:db8::2 4000 443\r\n";
        assert_eq!(parse(line), header("[2001:db8::1]:4000", line.len()));
        let unknown = b"PROXY UNKNOWN anything at all\r\n";
        let len = unknown.len();
        assert_eq!(parse(unknown), Parsed::Header { source: None, len });
    }

    #[test]
    fn version_2_is_read_with_and_without_extras() {
        let mut rest = vec![192, 0, 2, 7, 198, 51, 100, 1, 0x0f, 0xa0, 1, 187];
        let bytes = version_2(0x21, 0x11, &rest);
        assert_eq!(parse(&bytes), header("192.0.2.7:4000", 28));
        rest.extend([4, 0, 1, 0]);
        let bytes = version_2(0x21, 0x11, &rest);
        assert_eq!(parse(&bytes), header("192.0.2.7:4000", 32));

        let mut rest = [0; 36];
        rest[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
        rest[15] = 1;
        rest[33] = 80;
        assert_eq!(
            parse(&version_2(0x21, 0x21, &rest)),
            header("[2001:db8::1]:80", 52)
        );
    }

    #[test]
    fn a_proxy_that_speaks_for_itself_names_nobody() {
        for (command, family) in [(0x20, 0), (0x20, 0x11), (0x21, 0), (0x21, 0x31)] {
            let bytes = version_2(command, family, &[]);
            let expected = Parsed::Header {
                source: None,
                len: 16,
            };
            assert_eq!(parse(&bytes), expected);
        }
    }

    #[test]
    fn malformed_headers_are_bad() {
        for line in [
            &b"PROXY \r\n"[..],
            b"PROXY TCP4\r\n",
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
            b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n",
            b"PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
            b"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
            b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
            b"PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n",
            b"PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
            b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
            &[b"PROXY TCP4 ".as_slice(), &[b'1'; 100]].concat(),
            &version_2(0x31, 0x11, &[0; 12]),
            &version_2(0x22, 0x11, &[0; 12]),
            &version_2(0x21, 0x11, &[0; 11]),
            &version_2(0x21, 0x21, &[0; 35]),
            &version_2(0x21, 0x44, &[0; 36]),
            &version_2(0x21, 0x11, &[0; LEN_REST_MAX_2 + 1]),
        ] {
            assert_eq!(parse(line), Parsed::Bad, "{line:?}");
        }
    }

    #[test]
    fn what_clients_of_other_kinds_send_is_no_header() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n"[..],
            b"POST /api",
            &[0xef, 1],
            &[0xee; 4],
        ] {
            assert_eq!(parse(bytes), Parsed::NotProxy);
        }
        assert_eq!(parse(b""), Parsed::NeedMore);
        assert_eq!(parse(b"PRO"), Parsed::NeedMore);
        assert_eq!(parse(b"PROPFIND / HTTP/1.1"), Parsed::NotProxy);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered_the_same_however_they_arrive(bytes: Vec<u8>) {
            fuzz(&bytes);
        }

        #[test]
        fn bytes_behind_a_signature_are_answered_the_same_however_they_arrive(
            tail: Vec<u8>, text in "[ 0-9a-fA-F:.TCPUNKOW\r\n]{0,120}", family: u8,
        ) {
            fuzz(&[SIGNATURE_2, &[0x21], &tail].concat());
            fuzz(&version_2(0x21, family, &tail));
            fuzz(&[SIGNATURE_1, text.as_bytes()].concat());
        }

        #[test]
        fn every_address_is_read_back(v4: bool, a: [u8; 4], b: [u8; 16], port: u16) {
            let ip: IpAddr = if v4 { a.into() } else { b.into() };
            let family = if v4 { "TCP4" } else { "TCP6" };
            let line = format!("PROXY {family} {ip} {ip} {port} 1\r\n");
            let source = Some(SocketAddr::new(ip, port));
            prop_assert_eq!(parse(line.as_bytes()), Parsed::Header { source, len: line.len() });
        }
    }
}
