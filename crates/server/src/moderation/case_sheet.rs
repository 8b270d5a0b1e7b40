//! What the page of a case shows.

use super::Screen;
use super::pages::seconds;
use heliograph_console::moderating::{
    CaseSheet, Evidence, Face, HotlineReport, Opening, ReportLine,
};
use heliograph_domain::{accounts, channels, stale};
use heliograph_model::{ChannelId, MessageId, Peer, UnixMs};
use heliograph_moderation::cases::{Case, Origin};
use heliograph_moderation::decisions;
use heliograph_moderation::opinion::Opinion;
use heliograph_moderation::publication;
use heliograph_moderation::reasons;
use heliograph_moderation::reports;
use heliograph_moderation::subject::{self, Subject};
use heliograph_store::mailbox::{self, MessageRow};
use heliograph_store::{KeyRange, Order, Rows, StoreError};

/// How many reports, earlier decisions and posts a case's page shows.
const REPORTS: usize = 100;
/// See [`REPORTS`].
pub(super) const EARLIER: usize = 500;
/// See [`REPORTS`].
const POSTS: usize = 10;
/// By how many of its newest messages a channel is judged.
const JUDGED_POSTS: u32 = 30;
/// How many posts around a reported one are shown.
const NEIGHBOURS: u32 = 2;

/// A case as the moderator `me` sees it: of a sealed one neither texts nor names.
pub(super) async fn sheet(
    rows: &mut dyn Rows,
    case: Case,
    me: u16,
    now: UnixMs,
) -> Result<CaseSheet, StoreError> {
    let sealed = case.is_sealed();
    let posts = if sealed { 0 } else { POSTS };
    let filed = reports::of_case(rows, case.number, REPORTS).await?;
    let other = reasons::find("other").expect("it is in the table");
    let lines = filed.into_iter().map(|(_, report)| ReportLine {
        reason: reasons::find(&report.reason).unwrap_or(other),
        comment: report.comment,
        weight: report.weight,
        at_s: seconds(report.at),
    });
    let mut earlier = decisions::of_subject(rows, &case.subject, EARLIER).await?;
    let contested = match case.contests {
        Some(number) if case.origin == Origin::SecondLook => {
            // Who looks a second time decides for themselves.
            earlier.retain(|decided| decided.number() < Some(number));
            None
        }
        Some(number) => decisions::by_number(rows, number).await?,
        None => None,
    };
    Ok(CaseSheet {
        terms: publication::in_force(rows, now).await?,
        known: subject::known(rows, &case.subject).await?,
        face: if sealed {
            // Its address is what a hotline is told; nothing that it says is shown.
            let named = face(rows, &case.subject, 0).await?;
            Face {
                username: named.username,
                ..Face::default()
            }
        } else {
            face(rows, &case.subject, posts).await?
        },
        sealed,
        opening: match case.opened_by.as_slice() {
            [] => Opening::NotAsked,
            asked if asked.contains(&me) => Opening::AskedByMe,
            _ => Opening::AskedByAnother,
        },
        hotline: case
            .hotline
            .iter()
            .map(|(to, reference)| HotlineReport {
                to: to.clone(),
                reference: reference.clone(),
            })
            .collect(),
        proposed_by_me: case.proposal.as_ref().is_some_and(|own| own.by == me),
        reports: lines.collect(),
        earlier,
        contested,
        evidence: if case.exported.is_some() {
            Evidence::Taken
        } else if case.evidence_is_open_to(me, now) {
            Evidence::Open
        } else {
            Evidence::Closed
        },
        classifier: None,
        mine: case.taken_by(now) == Some(me),
        case,
    })
}

/// What the classifier thinks of what is public of a subject, as it stands. It reads nothing that is
/// sealed, nothing that reporters handed over, and nothing private: for those there is no opinion.
pub(super) async fn opinion(
    rows: &mut dyn Rows,
    screen: &Screen,
    case: &Case,
) -> Result<Option<Opinion>, StoreError> {
    if case.is_sealed() {
        return Ok(None);
    }
    let peer = match &case.subject {
        Subject::Post(channel, id) => {
            let post = stale::public_post(rows, *channel, *id).await?;
            let post = post.filter(|post| !post.text().is_empty());
            return Ok(post.map(|post| screen.post(&post)));
        }
        Subject::Channel(channel) => Peer::Channel(*channel),
        Subject::User(user) => Peer::User(*user),
        Subject::Term(_) => return Ok(None),
    };
    let Some(face) = stale::public_peer(rows, peer).await? else {
        return Ok(None);
    };
    let posts = match peer {
        Peer::Channel(channel) => stale::newest_public_posts(rows, channel, JUDGED_POSTS).await?,
        _ => Vec::new(),
    };
    Ok(screen.peer(&face, &posts))
}

/// What is public of a subject. Nothing of what is private is looked at, but its title.
pub(super) async fn face(
    rows: &mut dyn Rows,
    subject: &Subject,
    posts: usize,
) -> Result<Face, StoreError> {
    match subject {
        Subject::Term(term) => Ok(Face {
            title: term.clone(),
            ..Face::default()
        }),
        Subject::User(user) => {
            let account = accounts::find(rows, *user).await?;
            Ok(account.map_or_else(Face::default, |account| Face {
                title: account.person.full_name(),
                username: account.person.username.map(|name| name.as_str().to_owned()),
                about: account.person.about.as_str().to_owned(),
                posts: Vec::new(),
            }))
        }
        Subject::Channel(channel) => of_channel(rows, *channel, None, posts).await,
        Subject::Post(channel, post) => of_channel(rows, *channel, Some(*post), posts).await,
    }
}

async fn of_channel(
    rows: &mut dyn Rows,
    id: ChannelId,
    around: Option<MessageId>,
    posts: usize,
) -> Result<Face, StoreError> {
    let Some(channel) = channels::find(rows, id).await? else {
        return Ok(Face::default());
    };
    let mut shown = Vec::new();
    if channel.username.is_some() && posts > 0 {
        let peer = Peer::Channel(id);
        let range = match around {
            None => KeyRange::within(&peer),
            Some(MessageId(post)) => {
                let first = MessageId(post.saturating_sub(NEIGHBOURS));
                let last = MessageId(post.saturating_add(NEIGHBOURS + 1));
                KeyRange::within(&peer)
                    .from(&(peer, first))
                    .before(&(peer, last))
            }
        };
        let rows_found = rows
            .list::<MessageRow>(id.into(), range, Order::Descending, posts)
            .await?;
        for ((_, post), _) in rows_found {
            let message = mailbox::load(rows, id.into(), post).await?;
            shown.extend(message.map(|message| (post.0, message.body.text)));
        }
    }
    Ok(Face {
        title: channel.title.as_str().to_owned(),
        username: channel.username.map(|name| name.as_str().to_owned()),
        about: channel.about.as_str().to_owned(),
        posts: shown,
    })
}
