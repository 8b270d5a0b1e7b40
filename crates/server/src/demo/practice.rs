//! What waits for a moderator who wants to try: one clear case, one about nothing, one about a
//! person.

use super::square::{KAYA, colleague};
use super::stage::Stage;
use super::{Failure, NEIGHBOUR, NEIGHBOURS_ADDRESS, SELLER, SELLERS_ADDRESS, Story, must};
use heliograph_console::Moderating as _;
use tokio::task::spawn_blocking;

const PRIZES: &str = "demo_prizes";
const GARDEN: &str = "demo_garden";

/// The number of a channel's first post; what came before it says that the channel was made.
const FIRST_POST: i32 = 2;

/// Who is invited.
const NEWCOMER: &str = "A new moderator";

/// What to do with the link that comes before.
pub(super) const HOW_TO: &str = "\
\x20   Make a passkey there (the browser, a telephone or a key will do), press `Take the next`,
\x20   choose what should happen, and read what would follow before you decide. Three cases wait:
\x20   a prize for which one pays first, a garden that somebody dislikes, and a person of whom
\x20   nothing is shown. docs/moderating.md says the rest.
";

impl Story<'_> {
    /// Leaves cases in the moderators' queue.
    pub(super) async fn cases_for_those_who_look(&mut self) -> Result<(), Failure> {
        let mut seller = SELLER.sign_in(&self.stage, SELLERS_ADDRESS, 40_021).await?;
        let mut neighbour = NEIGHBOUR
            .sign_in(&self.stage, NEIGHBOURS_ADDRESS, 40_022)
            .await?;
        seller
            .found_channel(
                "Demo Prizes",
                PRIZES,
                "You have won 5,000! Send 20 for the transfer today, and the prize is yours.",
            )
            .await?;
        neighbour
            .found_channel(
                "Demo Garden",
                GARDEN,
                "On Sunday we plant beans behind the school. Bring gloves, and cake if you like.",
            )
            .await?;
        neighbour
            .report_channel(PRIZES, &[FIRST_POST], b"fraud")
            .await?;
        seller.report_channel(GARDEN, &[], b"spam").await?;
        neighbour.report_person(SELLER.username, b"spam").await?;
        drop((seller, neighbour));
        self.stage.quiet().await?;

        let pages = self.stage.server.moderation_pages.clone();
        let queue = spawn_blocking(move || pages.queue(&colleague(KAYA), false)).await?;
        let queue = queue.map_err(|error| format!("{error:?}"))?;
        must(
            queue.waiting >= 3,
            "three cases wait for whoever tries the queue",
        )
    }
}

/// A link with which somebody new registers as a moderator.
pub(super) async fn invitation(stage: &Stage) -> Result<String, Failure> {
    let installation = stage.server.installation.clone();
    let roles = ["moderator".to_owned()];
    let invited = stage
        .desk()
        .blocking(move |desk| desk.invite(&installation, NEWCOMER, &roles));
    Ok(invited.await?)
}
