//! Before any order: people, and the ceremony without which nothing is kept.

use super::{
    DAY_S, Failure, INES, NEIGHBOUR, NEIGHBOURS_ADDRESS, SELLER, SELLERS_ADDRESS,
    SELLERS_OTHER_ADDRESS, Story, must,
};
use crate::demo::officers::THRESHOLD;
use heliograph_desk_store::{Act, NewStaff, Token};
use heliograph_disclosure::flow::FlowError;
use heliograph_transparency::entry::{Body, CountryDecision, Door};
use std::collections::BTreeSet;

impl Story<'_> {
    pub(super) async fn begin(&mut self) -> Result<(), Failure> {
        self.desk(|office, now_s| {
            let act = Act {
                staff: None,
                name: Token::parse("invite")?,
                case: None,
            };
            let staff = NewStaff {
                id: INES,
                name: "Ines".into(),
                roles: BTreeSet::new(),
                invitation_hash: [0; 32],
                invitation_expires_s: now_s,
            };
            office.desk().act(&act, now_s, |step| {
                step.invite_staff(&staff, now_s)?;
                Ok::<_, FlowError>(())
            })
        })
        .await?;
        let ledger = self
            .stage
            .desk()
            .office
            .with_log(|log| log.ledger().clone());
        self.say(&format!(
            "It has a public log, `{}`, and the first entries are in it: the policy,\n\
             and who holds the second half of every key. Trust level: self-attested, because\n\
             here everything runs on one machine. A real installation asks witnesses and\n\
             custodians elsewhere, and says so.",
            ledger.origin()
        ))
    }

    pub(super) async fn people_sign_up(&mut self) -> Result<(), Failure> {
        self.told.chapter("Two people sign up")?;
        let mut seller = SELLER.sign_in(&self.stage, SELLERS_ADDRESS, 40_001).await?;
        let neighbour = NEIGHBOUR
            .sign_in(&self.stage, NEIGHBOURS_ADDRESS, 40_002)
            .await?;
        seller
            .write_to(NEIGHBOUR.username, "Hello! I have just moved in.")
            .await?;
        drop((seller, neighbour));
        self.stage.quiet().await?;
        self.stage.look_after().await;
        self.coverage("Nobody can open anything yet, so nothing is kept:", 0, 0)
            .await
    }

    /// Says how much is sealed, which must be this much.
    async fn coverage(&mut self, why: &str, phones: u64, addresses: u64) -> Result<(), Failure> {
        let coverage = self.stage.desk().sealer.coverage().await?;
        self.say(&format!(
            "{why}\nnumbers sealed: {} of {} accounts; records of addresses: {}.",
            coverage.numbers, coverage.accounts, coverage.addresses
        ))?;
        must(
            coverage.numbers == phones && coverage.addresses == addresses,
            "what is sealed is what was to be",
        )
    }

    pub(super) async fn ceremony(&mut self) -> Result<(), Failure> {
        self.told.chapter("Five officers hold a ceremony")?;
        for (name, fingerprint) in self.officers.cards() {
            self.told.say(&format!("{name:<8} {fingerprint}"))?;
        }
        let (plan, entry) = self.officers.make_key(&self.stage)?;
        let desk = self.stage.desk();
        desk.blocking(move |desk| desk.enter(&entry)).await?;
        self.stage.look_after().await;
        self.say(&format!(
            "Each reads these words to the others, and all compare the plan: {plan}.\n\
             Three rounds of files later there is a key of which nobody has the whole; any\n\
             {THRESHOLD} of the 5 can do their half of an opening, fewer learn nothing. The\n\
             custodian has made its own half. Both are in the log.",
        ))?;
        let decision = CountryDecision {
            code: "DE".parse().expect("a country"),
            state: Door::Open,
            reason: "its courts are bound by law, and can be appealed to".into(),
        };
        let decision = Body::from(decision);
        let meaning = self
            .officers
            .decide(&self.stage, decision, THRESHOLD)
            .await?;
        self.say("They open the desk to the first country, by a decision that each signs:")?;
        self.told.show(&meaning)?;
        Ok(())
    }

    pub(super) async fn people_come_back(&mut self) -> Result<(), Failure> {
        self.told.chapter("The people sign in again")?;
        let seller = SELLER.sign_in(&self.stage, SELLERS_ADDRESS, 40_003).await?;
        let neighbour = NEIGHBOUR
            .sign_in(&self.stage, NEIGHBOURS_ADDRESS, 40_004)
            .await?;
        self.stage.wait_hours(1).await;
        drop((seller, neighbour));
        self.stage.quiet().await?;
        self.stage.wait_hours(1).await;
        let seller = SELLER
            .sign_in(&self.stage, SELLERS_OTHER_ADDRESS, 40_005)
            .await?;
        self.stage.wait_hours(1).await;
        self.sellers_device = Some(seller.leave());
        self.stage.quiet().await?;
        self.stage.wait_hours(1).await;
        self.coverage(
            "From now on numbers, and from where people connect, are sealed:",
            2,
            3,
        )
        .await?;
        self.say(
            "Not even the server can read them back. The chat they had is none of this: the\n\
             desk has no way to it.",
        )?;
        self.stage.clock.move_on(DAY_S);
        self.stage.look_after().await;
        Ok(())
    }
}
