//! What is kept between two runs of the driver: the key, the update state, and who is signed in.

use std::fs;
use std::net::{Ipv6Addr, SocketAddrV4, SocketAddrV6};

use grammers_session::Session as _;
use grammers_session::storages::MemorySession;
use grammers_session::types::{
    ChannelState, DcOption, PeerAuth, PeerId, PeerInfo, UpdateState, UpdatesState,
};
use serde::{Deserialize, Serialize};

use crate::Outcome;

/// `grammers.json`. Beside it the harness has laid `auth_key`, the key that grammers could not
/// negotiate itself because it accepts Telegram's RSA keys only.
#[derive(Serialize, Deserialize)]
struct Saved {
    me: i64,
    access_hash: i64,
    pts: i32,
    qts: i32,
    date: i32,
    seq: i32,
    channels: Vec<SavedChannel>,
}

/// A channel whose log the library follows.
#[derive(Serialize, Deserialize)]
struct SavedChannel {
    id: i64,
    access_hash: i64,
    pts: i32,
}

/// A session in memory that points every data centre at `server`.
pub async fn load(folder: &str, server: SocketAddrV4) -> Outcome<MemorySession> {
    let key = key_from_hex(fs::read_to_string(format!("{folder}/auth_key"))?.trim())?;
    let session = MemorySession::default();
    for id in 1..=5 {
        let ipv6 = SocketAddrV6::new(Ipv6Addr::LOCALHOST, server.port(), 0, 0);
        let here = DcOption {
            id,
            ipv4: server,
            ipv6,
            auth_key: Some(key),
        };
        session
            .set_dc_option(&here)
            .await
            .map_err(|e| e.to_string())?;
    }
    if let Ok(saved) = fs::read(format!("{folder}/grammers.json")) {
        let Saved {
            me: id,
            access_hash,
            pts,
            qts,
            date,
            seq,
            channels,
        } = serde_json::from_slice(&saved)?;
        let auth = Some(PeerAuth::from_hash(access_hash));
        let me = PeerInfo::User {
            id,
            auth,
            bot: Some(false),
            is_self: Some(true),
        };
        session.cache_peer(me).await.map_err(|e| e.to_string())?;
        for SavedChannel {
            id, access_hash, ..
        } in &channels
        {
            let auth = Some(PeerAuth::from_hash(*access_hash));
            let kind = None;
            let channel = PeerInfo::Channel {
                id: *id,
                auth,
                kind,
            };
            session
                .cache_peer(channel)
                .await
                .map_err(|e| e.to_string())?;
        }
        let followed = |SavedChannel { id, pts, .. }| ChannelState { id, pts };
        let state = UpdateState::All(UpdatesState {
            pts,
            qts,
            date,
            seq,
            channels: channels.into_iter().map(followed).collect(),
        });
        session
            .set_update_state(state)
            .await
            .map_err(|e| e.to_string())?;
    }
    Ok(session)
}

/// Writes what [`load`] reads, apart from the key, which never changes.
pub async fn save(folder: &str, session: &MemorySession, me: i64) -> Outcome<()> {
    let peer = PeerId::user(me).ok_or("not a user id")?;
    let known = session.peer_ref(peer).await.map_err(|e| e.to_string())?;
    let access_hash = known.ok_or("the signed-in user is not cached")?.auth.hash();
    let UpdatesState {
        pts,
        qts,
        date,
        seq,
        channels: followed,
    } = session.updates_state().await.map_err(|e| e.to_string())?;
    let mut channels = Vec::with_capacity(followed.len());
    for ChannelState { id, pts } in followed {
        let peer = PeerId::channel(id).ok_or("not a channel's number")?;
        let known = session.peer_ref(peer).await.map_err(|e| e.to_string())?;
        if let Some(known) = known {
            let access_hash = known.auth.hash();
            channels.push(SavedChannel {
                id,
                access_hash,
                pts,
            });
        }
    }
    let saved = Saved {
        me,
        access_hash,
        pts,
        qts,
        date,
        seq,
        channels,
    };
    fs::write(
        format!("{folder}/grammers.json"),
        serde_json::to_vec(&saved)?,
    )?;
    Ok(())
}

fn key_from_hex(text: &str) -> Outcome<[u8; 256]> {
    let mut key = [0; 256];
    if text.len() != 2 * key.len() || !text.is_ascii() {
        return Err("auth_key is not 512 hexadecimal digits".into());
    }
    for (index, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16)?;
    }
    Ok(key)
}
