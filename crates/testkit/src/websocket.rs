//! The way a browser comes: MTProto inside a WebSocket (RFC 6455, client side).

use crate::house::Line;
use bytes::{Buf, BytesMut};
use heliograph_mtproto::websocket::accept_key;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// The example of RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// How many bytes of payload may wait on either side.
const PAYLOAD_BYTES: usize = 1 << 16;

/// Every frame is masked with this; that it never changes is nothing to the server.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Upgrades a line at `/apiws`. What is written to the result travels in frames, and what comes in
/// frames is read from it; when the server says goodbye, it ends.
///
/// # Panics
///
/// When the server answers with anything but an upgrade, as a test should.
pub async fn upgrade(mut line: Line) -> DuplexStream {
    let request = format!(
        "GET /apiws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\
         sec-websocket-protocol: binary\r\n\r\n"
    );
    let written = line.write_all(request.as_bytes()).await;
    written.expect("the server reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(line.read_u8().await.expect("the server answers"));
    }
    let head = String::from_utf8_lossy(&head);
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains(&accept_key(KEY)), "{head}");

    let (near, far) = duplex(PAYLOAD_BYTES);
    tokio::spawn(carry(far, line));
    near
}

/// Carries payload in both directions until either side ends.
async fn carry(payload: DuplexStream, line: Line) {
    let (mut from_client, mut to_client) = tokio::io::split(payload);
    let (mut from_server, mut to_server) = tokio::io::split(line);
    let up = async {
        let mut payload = BytesMut::new();
        while from_client
            .read_buf(&mut payload)
            .await
            .is_ok_and(|n| n > 0)
        {
            let frame = masked(&payload.split());
            if to_server.write_all(&frame).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        let mut frames = BytesMut::new();
        while from_server.read_buf(&mut frames).await.is_ok_and(|n| n > 0) {
            while let Some(payload) = take_binary(&mut frames) {
                if to_client.write_all(&payload).await.is_err() {
                    return;
                }
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}

/// One binary message of a client.
fn masked(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x82, 0x80 | 127];
    frame.extend((payload.len() as u64).to_be_bytes());
    frame.extend(MASK);
    let mask = MASK.into_iter().cycle();
    frame.extend(payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The payload of the next binary message of the server, once it is there.
fn take_binary(frames: &mut BytesMut) -> Option<BytesMut> {
    let (&first, &second) = (frames.first()?, frames.get(1)?);
    assert_eq!(first, 0x82, "the server writes whole binary messages");
    let (head, len) = match second {
        126 => (
            4,
            usize::from(u16::from_be_bytes(*frames.get(2..)?.first_chunk()?)),
        ),
        127 => (
            10,
            u64::from_be_bytes(*frames.get(2..)?.first_chunk()?) as usize,
        ),
        len => (2, usize::from(len)),
    };
    if frames.len() < head + len {
        return None;
    }
    frames.advance(head);
    Some(frames.split_to(len))
}
