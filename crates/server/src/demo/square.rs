//! The public square: how search is kept clean, once around.

use super::person::Connected;
use super::{Failure, NEIGHBOUR, NEIGHBOURS_ADDRESS, SELLER, SELLERS_ADDRESS, Story, must};
use heliograph_console::Moderating as _;
use heliograph_console::casework::Person as Colleague;
use heliograph_desk_store::{Act as Audited, NewStaff, StaffId, Token};
use heliograph_disclosure::flow::FlowError;
use heliograph_moderation::decisions::Verdict;
use heliograph_transparency::entry::{Act, Category};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

const CHANNEL: &str = "demo_bargains";
const TITLE: &str = "Demo Bargains";
const POST: &str = "Everything for a tenth of its price!";

/// Who moderates in the story: the first decides, the second hears the appeal.
pub(super) const KAYA: (StaffId, &str) = (StaffId([0x21; 16]), "Kaya");
const LEE: (StaffId, &str) = (StaffId([0x22; 16]), "Lee");

impl Story<'_> {
    pub(super) async fn square(&mut self) -> Result<(), Failure> {
        self.told
            .chapter("A channel that sells nothing, found by everyone")?;
        self.appoint([KAYA, LEE]).await?;
        let mut seller = SELLER.sign_in(&self.stage, SELLERS_ADDRESS, 40_011).await?;
        let mut neighbour = NEIGHBOUR
            .sign_in(&self.stage, NEIGHBOURS_ADDRESS, 40_012)
            .await?;
        seller.found_channel(TITLE, CHANNEL, POST).await?;
        let before = self.log_size();
        must(
            self.finds(&mut neighbour).await?,
            "a public channel is found",
        )?;
        neighbour.report_channel(CHANNEL, &[], b"fraud").await?;
        self.say(&format!(
            "{} opens a public channel, and search finds it. {} reports it from the menu of an\n\
             ordinary client: a fraudulent offer. A case stands in the moderators' queue.",
            SELLER.name, NEIGHBOUR.name
        ))?;

        let facts = "Goods are paid for and never sent.";
        let case = self.take(KAYA).await?.ok_or("no case waits")?;
        self.decide(KAYA, case, Act::Delist, facts).await?;
        must(
            !self.finds(&mut neighbour).await?,
            "what is delisted is not found",
        )?;
        let statement = seller.last_notice().await?.unwrap_or_default();
        must(
            statement.contains(facts),
            "the owner has read why, and how to contest it",
        )?;
        self.say(&format!(
            "{} decides. The decision is signed, entered in the log, and only then carried out:\n\
             search does not find the channel any more. Its owner reads:",
            KAYA.1
        ))?;
        self.told.show(&statement)?;

        seller
            .write_to("SpamBot", "/appeal 1 They were sent on Monday.")
            .await?;
        let appeal = self.appeal_for(LEE).await?;
        self.leave(LEE, appeal).await?;
        must(
            self.take(KAYA).await?.is_none(),
            "nobody hears an appeal against their own decision",
        )?;
        let appeal = self.appeal_for(LEE).await?;
        self.decide(LEE, appeal, Act::Undo, "They were sent on Monday.")
            .await?;
        must(self.finds(&mut neighbour).await?, "what is undone is found")?;
        self.say(&format!(
            "\nThe owner writes to @SpamBot: /appeal 1, and why. {} is not offered the appeal. {}\n\
             takes the decision back, and the channel is found again. In the log:",
            KAYA.1, LEE.1
        ))?;
        self.show_entries(before)?;
        drop((seller, neighbour));
        self.stage.quiet().await
    }

    /// Enters people among the staff.
    async fn appoint(&self, colleagues: [(StaffId, &'static str); 2]) -> Result<(), Failure> {
        self.desk(move |office, now_s| {
            let act = Audited {
                staff: None,
                name: Token::parse("invite")?,
                case: None,
            };
            office.desk().act(&act, now_s, |step| {
                for (position, (id, name)) in (1..).zip(colleagues) {
                    let staff = NewStaff {
                        id,
                        name: name.into(),
                        roles: BTreeSet::from([Token::parse("moderator")?]),
                        invitation_hash: [position; 32],
                        invitation_expires_s: now_s,
                    };
                    step.invite_staff(&staff, now_s)?;
                }
                Ok::<_, FlowError>(())
            })
        })
        .await
    }

    /// Whether somebody's search finds the channel, once the index has taken in what has changed.
    async fn finds(&self, viewer: &mut Connected) -> Result<bool, Failure> {
        while self.stage.server.follower.step().await? > 0 {}
        viewer.finds(TITLE, CHANNEL).await
    }

    /// The next case that somebody may take.
    async fn take(&self, who: (StaffId, &str)) -> Result<Option<u64>, Failure> {
        let pages = self.stage.server.moderation_pages.clone();
        let who = colleague(who);
        let taken = spawn_blocking(move || pages.take(&who, None, false)).await?;
        taken.map_err(|error| format!("{error:?}").into())
    }

    /// Gives a case back.
    async fn leave(&self, who: (StaffId, &str), case: u64) -> Result<(), Failure> {
        let pages = self.stage.server.moderation_pages.clone();
        let who = colleague(who);
        let left = spawn_blocking(move || pages.leave(&who, case)).await?;
        left.map_err(|error| format!("{error:?}").into())
    }

    /// Has the service accounts answer until somebody can take an appeal.
    async fn appeal_for(&self, who: (StaffId, &str)) -> Result<u64, Failure> {
        let taken = async {
            loop {
                if let Some(case) = self.take(who).await? {
                    return Ok::<_, Failure>(case);
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            () = self.stage.server.accounts.run() => Err("the service accounts ended".into()),
            taken = timeout(Duration::from_secs(10), taken) => taken?,
        }
    }

    /// Decides a case, and has the decision carried out.
    async fn decide(
        &self,
        who: (StaffId, &str),
        case: u64,
        act: Act,
        facts: &str,
    ) -> Result<(), Failure> {
        let verdict = Verdict {
            act,
            territory: heliograph_model::Territory::World,
            until: None,
            clause: "fraud.3".into(),
            category: Category::Fraud,
            facts: facts.into(),
        };
        let pages = self.stage.server.moderation_pages.clone();
        let who = colleague(who);
        let decided = spawn_blocking(move || pages.decide(&who, case, verdict)).await?;
        decided.map_err(|error| format!("{error:?}"))?;
        self.stage.server.moderation.round().await?;
        Ok(())
    }
}

/// Somebody of the staff, as pages know them.
pub(super) fn colleague((id, name): (StaffId, &str)) -> Colleague {
    Colleague {
        id,
        name: name.into(),
    }
}
