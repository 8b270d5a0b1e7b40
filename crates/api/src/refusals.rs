//! What people have said is not to be published again is refused before it is.
//!
//! The answer is a 406, beside which a notice is pushed that stock clients show, as for uploads that
//! are switched off; the service chat has the reasons, the rule, and how to contest it. Only what
//! would be public comes by here: [`PublicDraft`] and [`PublicPeer`] cannot be made of anything else.

use crate::context::Ctx;
use crate::error::{Result, text};
use heliograph_domain::bots;
use heliograph_domain::bus::Signal;
use heliograph_domain::channels::Standing;
use heliograph_domain::files::Files;
use heliograph_model::{BannedRights, Body, ChannelId, PublicDraft, PublicPeer, UnixMs, UserId};
use heliograph_moderation::refusals::{NoteRefusal, Rule, What};
use heliograph_store::BoxFuture;

/// Something that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// By which rule.
    pub rule: Rule,
    /// The PDQ hash of the picture that is in a list.
    pub picture: Option<Vec<u8>>,
}

/// Why it cannot be said whether something is refused.
pub type RefusalsError = Box<dyn std::error::Error + Send + Sync>;

/// Knows what is refused.
pub trait Refusals: Send + Sync + 'static {
    /// Whether anything is; with `false` nothing else is asked.
    fn are_any(&self, now: UnixMs) -> bool;

    /// Whether a draft is refused. Answers most from memory, in well under a millisecond; only photos
    /// are read, and only where a list of pictures refuses.
    fn draft<'a>(
        &'a self,
        draft: &'a PublicDraft,
        files: &'a Files,
        now: UnixMs,
    ) -> BoxFuture<'a, Result<Option<Refused>, RefusalsError>>;

    /// Whether a peer with this face is refused.
    fn face<'a>(
        &'a self,
        face: &'a PublicPeer,
        now: UnixMs,
    ) -> BoxFuture<'a, Result<Option<Rule>, RefusalsError>>;
}

/// Refuses nothing: for tests of everything else.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingRefused;

impl Refusals for NothingRefused {
    fn are_any(&self, _: UnixMs) -> bool {
        false
    }

    fn draft<'a>(
        &'a self,
        _: &'a PublicDraft,
        _: &'a Files,
        _: UnixMs,
    ) -> BoxFuture<'a, Result<Option<Refused>, RefusalsError>> {
        Box::pin(async { Ok(None) })
    }

    fn face<'a>(
        &'a self,
        _: &'a PublicPeer,
        _: UnixMs,
    ) -> BoxFuture<'a, Result<Option<Rule>, RefusalsError>> {
        Box::pin(async { Ok(None) })
    }
}

impl Ctx {
    /// Refuses what is not to be published in a public channel: `PUBLICATION_REFUSED`. What somebody
    /// may not post at all is left to the post itself to refuse.
    pub(crate) async fn check_draft(&self, channel: ChannelId, body: &Body) -> Result<()> {
        if !self.refusals.are_any(self.now()) {
            return Ok(());
        }
        let standing = self.standing(channel).await?;
        if standing.may_write(BannedRights::SEND).is_err() {
            return Ok(());
        }
        let Some(draft) = PublicDraft::of(&standing.channel, body) else {
            return Ok(());
        };
        let found = self.refusals.draft(&draft, &self.files, self.now()).await;
        let found = found.map_err(|error| crate::RpcError::internal(&*error))?;
        let Some(Refused { rule, picture }) = found else {
            return Ok(());
        };
        let (author, by_bot) = self.who_answers().await?;
        let note = NoteRefusal {
            author,
            by_bot,
            channel,
            what: What::Post,
            text: draft.text().to_owned(),
            picture,
            rule,
        };
        self.refuse(note).await
    }

    /// Refuses a name or description that is not to be published: `PUBLICATION_REFUSED`. `change` is
    /// what the channel would become.
    pub(crate) async fn check_face(
        &self,
        channel: ChannelId,
        change: impl FnOnce(&mut heliograph_model::Channel),
    ) -> Result<()> {
        if !self.refusals.are_any(self.now()) {
            return Ok(());
        }
        let Standing { mut channel, .. } = match self.standing(channel).await {
            Ok(standing) if standing.admin().is_some() => standing,
            _ => return Ok(()),
        };
        change(&mut channel);
        let Some(face) = PublicPeer::of_channel(&channel) else {
            return Ok(());
        };
        let found = self.refusals.face(&face, self.now()).await;
        let found = found.map_err(|error| crate::RpcError::internal(&*error))?;
        let Some(rule) = found else {
            return Ok(());
        };
        let (author, by_bot) = self.who_answers().await?;
        let note = NoteRefusal {
            author,
            by_bot,
            channel: channel.id,
            what: What::Face,
            text: face.said(),
            picture: None,
            rule,
        };
        self.refuse(note).await
    }

    /// Who is told, and can contest: the caller, or whoever runs the bot that calls.
    async fn who_answers(&self) -> Result<(UserId, bool)> {
        let caller = self.user()?;
        let mut view = self.store.view().await?;
        let bot = bots::find(&mut *view, caller).await?;
        Ok(bot.map_or((caller, false), |bot| (bot.owner, true)))
    }

    async fn refuse(&self, note: NoteRefusal) -> Result<()> {
        let to = note.author;
        let what = match note.what {
            What::Post => "This post",
            What::Face => "This name or description",
        };
        let number = self.store.write(note).await?;
        self.publish(Signal::Notice {
            to,
            text: format!(
                "{what} is refused, because moderators have decided about its like. The service chat says \
                 why, and how you can contest it (R{number})."
            ),
        });
        Err(text::PUBLICATION_REFUSED.into())
    }
}
