//! A later version of the terms through a whole server: the log has it, `@announcements` says so,
//! clients are offered it, and after two weeks decisions cite it.

use crate::moderation::{channel, moderator, pages, told_by};
use heliograph_console::Moderating;
use heliograph_console::casework::Person as Staff;
use heliograph_domain::jobs;
use heliograph_domain::services::ANNOUNCEMENTS;
use heliograph_model::Territory;
use heliograph_moderation::cases::Origin;
use heliograph_moderation::decisions::{Outcome, Verdict};
use heliograph_moderation::{reasons, terms};
use heliograph_testkit::{DeskHouse, Person};
use heliograph_tl::enums::help::TermsOfServiceUpdate;
use heliograph_tl::{enums, functions};
use heliograph_transparency::entry::{Act, Category};

/// The first version with one more rule.
const LATER: &str = concat!(
    include_str!("../../../moderation/terms/1.md"),
    "\n## test.1 A later rule\nNothing that was allowed before.\n"
);

/// What a moderator decides about `@name` by the rule `clause`; `false` where it does not hold yet.
async fn decides(house: &DeskHouse, who: &Staff, name: &str, clause: &str) -> bool {
    let (who, name, clause) = (who.clone(), format!("@{name}"), clause.to_owned());
    let decided = pages(house, move |pages| {
        let fraud = reasons::find("fraud").expect("a reason");
        let case = pages.open_case(&who, &name, fraud, Origin::Own, None, "")?;
        pages.take(&who, Some(case), false)?;
        let verdict = Verdict {
            act: Act::Delist,
            territory: Territory::World,
            until: None,
            clause,
            category: Category::Fraud,
            facts: "Pills are sold that do not exist.".into(),
        };
        pages.decide(&who, case, verdict)
    });
    let decided = decided.await;
    let moderation = house.moderation.as_ref().expect("a house with a desk");
    moderation.round().await.expect("the log takes it");
    matches!(decided, Ok(Outcome::Decided(_)))
}

async fn offered(person: &mut Person) -> Option<enums::help::TermsOfService> {
    match person
        .call(functions::help::GetTermsOfServiceUpdate {})
        .await
    {
        TermsOfServiceUpdate::TermsOfServiceUpdate(update) => Some(update.terms_of_service),
        TermsOfServiceUpdate::Empty(_) => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_version_is_logged_announced_offered_and_cited_when_it_holds() {
    terms::bring_later_version(LATER);
    let house = DeskHouse::new().await;
    let mut ada = Person::sign_up(&house, "Ada", "+4915100000001").await;
    for name in ["cheap_pills", "dear_pills", "no_pills"] {
        channel(&mut ada, name, "Pills").await;
    }
    let cleo = moderator(&house, "Cleo");
    assert!(decides(&house, &cleo, "cheap_pills", "fraud.3").await);
    assert!(
        !decides(&house, &cleo, "dear_pills", "test.1").await,
        "a rule that does not hold yet"
    );

    // As at the next start of a program that brings it.
    let moderation = house.moderation.clone().expect("a house with a desk");
    for _ in 0..2 {
        moderation.follow_terms().await.expect("it is announced");
    }
    let clock = house.services.clock.clone();
    while jobs::run_due(&house.services.store, clock.now())
        .await
        .expect("jobs run")
        > 0
    {}
    let told = told_by(&house, &mut ada, ANNOUNCEMENTS).await;
    let [told] = told.as_slice() else {
        panic!("told {} times", told.len());
    };
    let hash = terms::newest().hash().to_string();
    assert!(told.starts_with("Version 2 of the terms holds from"));
    assert!(told.contains(&hash) && told.contains("of the public log"));

    let enums::help::TermsOfService::TermsOfService(offer) =
        offered(&mut ada).await.expect("not accepted yet");
    assert!(offer.text.contains("A later rule"));
    assert!(offer.text.contains("This version holds from"));
    let accept = functions::help::AcceptTermsOfService { id: offer.id };
    assert!(ada.call(accept).await);
    assert!(offered(&mut ada).await.is_none());

    house.pass_days(14).await;
    assert!(decides(&house, &cleo, "no_pills", "test.1").await);
    let ledger = house.desk().office.with_log(|log| log.ledger().clone());
    let versions = ledger.moderation().terms().iter();
    let versions: Vec<_> = versions.map(|(_, one)| one.version).collect();
    assert_eq!(versions, [1, 2]);
    let cited = ledger
        .moderation()
        .decisions()
        .map(|one| one.decision.terms);
    assert_eq!(cited.collect::<Vec<_>>(), [1, 2]);
}
