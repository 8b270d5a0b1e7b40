//! What comes after a decision: the second look, erasing, owners who are told later, evidence.

use super::*;
use crate::appeals::OPEN_DAYS;
use crate::cases::{OpenSealed, TakeEvidence};
use crate::enact::TellOwner;
use crate::erasure::{self, Erase};
use crate::forgetting::{self, Forget};
use crate::notices::{self, FileNotice};
use crate::second_look::is_sampled;
use heliograph_domain::channels::{self, AddMembers, Post};
use heliograph_domain::messages::SendMessage;
use heliograph_domain::{accounts, jobs};
use heliograph_model::{Body, MessageId, Owner};

impl Town {
    async fn newest(&self) -> Decided {
        let mut view = self.store.view().await.unwrap();
        decisions::newest(&mut *view, 1).await.unwrap().remove(0)
    }

    /// Decides about the channel until a decision of moderator 1 is drawn for a second look, or is
    /// not, as wanted.
    async fn decide_until(&mut self, sampled: bool) -> Decided {
        let reporter = self.person(2).await;
        for round in 0..200 {
            let Filed { case, .. } = self.report(reporter, reason("fraud")).await;
            let decide = Decide {
                moderator: 1,
                case,
                verdict: verdict(Act::WarnScam),
                salt: seed(&format!("round {round}")),
            };
            self.store.write(decide).await.unwrap();
            self.log_what_waits().await;
            let decided = self.newest().await;
            if is_sampled(&decided, decided.number().unwrap()) == sampled {
                return decided;
            }
        }
        panic!("the draw never fell so");
    }

    async fn warnings(&self) -> Vec<u64> {
        let measures = self.measures().await;
        let warnings = measures.warnings.iter();
        warnings.map(|measure| measure.decision).collect()
    }

    async fn post(&self, text: &str) -> MessageId {
        let post = Post {
            from: self.owner,
            channel: self.channel,
            random_id: 1,
            body: Body {
                text: text.into(),
                ..Body::default()
            },
            reply_to: None,
            silent: false,
            clear_draft: false,
            mentions: Vec::new(),
        };
        self.store.write(post).await.unwrap();
        let mut view = self.store.view().await.unwrap();
        let rows = view
            .list::<MessageRow>(self.channel.into(), KeyRange::all(), Order::Descending, 1)
            .await
            .unwrap();
        rows[0].0.1
    }

    async fn is_there(&self, post: MessageId) -> bool {
        let mut view = self.store.view().await.unwrap();
        let found = mailbox::load(&mut *view, self.channel.into(), post).await;
        found.unwrap().is_some()
    }

    /// Two moderators remove a post.
    async fn remove(&mut self, post: MessageId) {
        self.remove_subject(Subject::Post(self.channel, post)).await;
    }

    async fn remove_subject(&mut self, subject: Subject) {
        let open = OpenCase {
            subject,
            origin: Origin::Own,
            reason: reason("fraud"),
            statement: String::new(),
            not_wider: None,
        };
        let case = self.store.write(open).await.unwrap();
        for moderator in [1, 2] {
            self.decide(moderator, case, Act::Remove).await.unwrap();
        }
        self.log_what_waits().await;
    }

    /// Erases what is due; answers with how many posts went.
    async fn erase(&self) -> usize {
        let mut view = self.store.view().await.unwrap();
        let due = erasure::due(&mut *view, self.time.now()).await.unwrap();
        drop(view);
        let mut erased = 0;
        for decided in due {
            let erase = Erase { decided };
            let first = self.store.write(erase.clone()).await.unwrap();
            erased += usize::from(first.is_some());
            let again = self.store.write(erase).await.unwrap();
            assert_eq!(again, None, "it is done once");
        }
        erased
    }
}

#[tokio::test]
async fn a_sampled_decision_is_looked_at_by_somebody_else_who_may_agree() {
    let mut town = Town::new().await;
    let first = town.decide_until(true).await;
    assert!(town.take(1).await.is_none(), "nobody looks at their own");
    let case = town.take(2).await.expect("somebody else does");
    assert_eq!(case.origin, Origin::SecondLook);
    let agreed = town.decide(2, case.number, Act::WarnScam).await.unwrap();
    assert_eq!(agreed, Outcome::Agreed);
    assert_eq!(town.newest().await, first, "nothing new was decided");
    assert!(town.case(case.number).await.ended.is_some());
}

#[tokio::test]
async fn a_second_look_that_finds_nothing_takes_the_first_decision_back() {
    let mut town = Town::new().await;
    let first = town.decide_until(true).await.number().unwrap();
    assert!(town.warnings().await.contains(&first));
    let case = town.take(2).await.unwrap();
    town.decide(2, case.number, Act::Nothing).await.unwrap();
    town.log_what_waits().await;
    let undone = town.newest().await;
    assert_eq!(
        (undone.verdict.act, undone.settles),
        (Act::Undo, Some(first))
    );
    assert!(undone.number().is_some(), "the log takes it");
    assert!(!town.warnings().await.contains(&first));
}

#[tokio::test]
async fn what_was_not_drawn_is_looked_at_once() {
    let mut town = Town::new().await;
    town.decide_until(false).await;
    let case = town.take(2).await;
    assert!(case.is_none_or(|case| case.origin != Origin::SecondLook));
}

#[tokio::test]
async fn a_removed_post_goes_for_good_when_nobody_can_contest_it_any_more() {
    let mut town = Town::new().await;
    let post = town.post("cheap pills").await;
    town.remove(post).await;
    town.pass_s(OPEN_DAYS * 86_400 - 60);
    assert_eq!(town.erase().await, 0);
    assert!(town.is_there(post).await, "an appeal could bring it back");
    town.pass_s(120);
    assert_eq!(town.erase().await, 1);
    assert!(!town.is_there(post).await);
    assert_eq!(town.erase().await, 0);
}

#[tokio::test]
async fn a_removed_channel_goes_for_good_as_well() {
    let mut town = Town::new().await;
    town.remove_subject(town.subject()).await;
    let is_deleted = async |town: &Town| {
        let mut view = town.store.view().await.unwrap();
        let channel = channels::find(&mut *view, town.channel).await;
        channel.unwrap().unwrap().deleted
    };
    assert_eq!(town.erase().await, 0);
    assert!(!is_deleted(&town).await);
    town.pass_s(OPEN_DAYS * 86_400 + 60);
    assert_eq!(town.erase().await, 1);
    assert!(is_deleted(&town).await);
}

impl Town {
    async fn write_in(&self, channel: ChannelId, from: UserId, text: &str, random_id: i64) {
        let body = Body {
            text: text.into(),
            ..Body::default()
        };
        let post = Post {
            from,
            channel,
            random_id,
            body,
            reply_to: None,
            silent: false,
            clear_draft: false,
            mentions: Vec::new(),
        };
        self.store.write(post).await.unwrap();
    }

    /// A group with somebody else in it, public under a name or not.
    async fn group_with(&self, other: UserId, name: Option<&str>) -> ChannelId {
        let id = self.store.write(NewChannel).await.unwrap();
        let create = CreateChannel {
            id,
            creator: self.owner,
            title: Title::parse("Pills").unwrap(),
            about: Description::default(),
            broadcast: false,
        };
        self.store.write(create).await.unwrap();
        let username = name.map(|name| Username::parse(name).unwrap());
        if username.is_some() {
            let public = SetPublicName {
                channel: id,
                by: self.owner,
                username,
            };
            self.store.write(public).await.unwrap();
        }
        let add = AddMembers {
            channel: id,
            by: self.owner,
            users: vec![other],
            unwilling: Vec::new(),
        };
        self.store.write(add).await.unwrap();
        id
    }

    async fn texts(&self, owner: impl Into<Owner>) -> Vec<String> {
        let owner = owner.into();
        let mut view = self.store.view().await.unwrap();
        let rows = view
            .list::<MessageRow>(owner, KeyRange::all(), Order::Ascending, 100)
            .await
            .unwrap();
        let mut texts = Vec::new();
        for ((_, id), _) in rows {
            let message = mailbox::load(&mut *view, owner, id).await.unwrap();
            let text = message.map(|message| message.body.text);
            texts.extend(text.filter(|text| !text.is_empty()));
        }
        texts
    }
}

#[tokio::test]
async fn a_removed_account_goes_with_what_it_wrote_in_public_and_not_with_chats_of_others() {
    let mut town = Town::new().await;
    let writer = town.person(2).await;
    let public = town.group_with(writer, Some("pill_talk")).await;
    let private = town.group_with(writer, None).await;
    town.write_in(public, writer, "cheap pills", 1).await;
    town.write_in(public, town.owner, "no thanks", 2).await;
    town.write_in(private, writer, "in private", 3).await;
    let to_owner = SendMessage {
        from: writer,
        to: town.owner,
        random_id: 4,
        body: Body {
            text: "between us".into(),
            ..Body::default()
        },
        reply_to: None,
        silent: false,
        clear_draft: false,
    };
    town.store.write(to_owner).await.unwrap();
    town.remove_subject(Subject::User(writer)).await;
    town.pass_s(OPEN_DAYS * 86_400 - 60);
    assert_eq!(town.erase().await, 0, "they could still contest it");
    town.pass_s(120);
    assert_eq!(town.erase().await, 1);
    while jobs::run_due(&town.store, town.time.now()).await.unwrap() > 0 {}

    let mut view = town.store.view().await.unwrap();
    let account = accounts::find(&mut *view, writer).await.unwrap().unwrap();
    drop(view);
    assert!(account.person.deleted && account.person.first_name.is_none());
    assert_eq!(town.texts(public).await, ["no thanks"]);
    assert_eq!(town.texts(private).await, ["in private"]);
    let kept = town.texts(town.owner).await;
    assert!(
        kept.contains(&"between us".to_owned()),
        "their copy is theirs"
    );
    assert!(town.texts(writer).await.is_empty());
}

#[tokio::test]
async fn what_is_contested_or_was_restored_is_not_erased() {
    let mut town = Town::new().await;
    let post = town.post("cheap pills").await;
    town.remove(post).await;
    let contest = Contest {
        by: town.owner,
        number: 1,
        text: "They do exist.".into(),
        salt: seed("appeal"),
    };
    town.store.write(contest).await.unwrap();
    town.log_what_waits().await;
    town.pass_s(OPEN_DAYS * 86_400 + 60);
    assert_eq!(town.erase().await, 0, "somebody has still to decide");
    let undo = Undo {
        moderator: 3,
        number: 1,
        facts: "They do exist.".into(),
    };
    town.store.write(undo).await.unwrap();
    town.log_what_waits().await;
    assert_eq!(town.erase().await, 0);
    assert!(town.is_there(post).await);
}

#[tokio::test]
async fn an_owner_is_told_of_a_childs_case_later_and_can_contest_from_then_on() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("child-harm")).await;
    let decide = Decide {
        moderator: 1,
        case,
        verdict: Verdict {
            clause: "children.2".into(),
            category: Category::Minors,
            ..verdict(Act::Delist)
        },
        salt: seed("child"),
    };
    town.store.write(decide).await.unwrap();
    town.log_what_waits().await;
    assert!(town.letters(town.owner).await.is_empty());
    let contest = Contest {
        by: town.owner,
        number: 1,
        text: "It is a school.".into(),
        salt: seed("appeal"),
    };
    let guessed = town.store.write(contest.clone()).await;
    assert!(matches!(guessed, Err(AppealError::Unknown)));
    town.pass_s(OPEN_DAYS * 86_400 + 60);
    let decided = town.newest().await;
    let tell = TellOwner { decided };
    assert!(town.store.write(tell.clone()).await.unwrap());
    assert!(!town.store.write(tell).await.unwrap(), "they are told once");
    assert_eq!(town.letters(town.owner).await.len(), 1);
    town.store
        .write(contest)
        .await
        .expect("half a year from when they knew");
}

#[tokio::test]
async fn an_owner_is_told_when_a_childs_case_is_taken_back() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("child-harm")).await;
    let clause = "children.2".into();
    let decide = Decide {
        moderator: 1,
        case,
        verdict: Verdict {
            clause,
            ..verdict(Act::Delist)
        },
        salt: seed("child"),
    };
    town.store.write(decide).await.unwrap();
    town.log_what_waits().await;
    let undo = Undo {
        moderator: 2,
        number: 1,
        facts: "It is a school.".into(),
    };
    town.store.write(undo).await.unwrap();
    town.log_what_waits().await;
    let letters = town.letters(town.owner).await;
    assert!(letters[0].contains("taken back"), "{letters:?}");
}

#[tokio::test]
async fn evidence_of_a_childs_case_is_handed_out_once_to_one_of_the_two_who_opened_it() {
    let town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("child-sexual")).await;
    let take = |moderator| town.store.write(TakeEvidence { moderator, case });
    for moderator in [1, 2] {
        let refused = take(moderator).await;
        assert!(matches!(refused, Err(CaseError::NotYours)));
        let open = OpenSealed { moderator, case };
        town.store.write(open).await.unwrap();
    }
    let third = take(3).await;
    assert!(
        matches!(third, Err(CaseError::NotYours)),
        "they have not opened it"
    );
    take(1).await.unwrap();
    assert!(
        matches!(take(2).await, Err(CaseError::NotYours)),
        "it left once"
    );
}

#[tokio::test]
async fn earlier_decisions_are_found_by_their_subject() {
    let mut town = Town::new().await;
    town.decide_until(false).await;
    let mut view = town.store.view().await.unwrap();
    let found = decisions::of_subject(&mut *view, &town.subject(), 100).await;
    assert!(!found.unwrap().is_empty());
    let other = Subject::User(town.owner);
    let found = decisions::of_subject(&mut *view, &other, 100).await;
    assert!(found.unwrap().is_empty());
}

#[tokio::test]
async fn a_case_and_who_reported_it_are_forgotten_a_year_after_its_end() {
    let mut town = Town::new().await;
    let reporter = town.person(2).await;
    let Filed { case, .. } = town.report(reporter, reason("fraud")).await;
    let receipt = seed("receipt");
    let notice = FileNotice {
        subject: town.subject(),
        reason: reason("fraud"),
        explanation: "They cheat.".into(),
        name: Some("A. Person".into()),
        email: Some("a@person.example".into()),
        receipt,
    };
    town.store.write(notice).await.unwrap();
    town.pass_s(2 * 365 * 86_400);
    let due = async |town: &Town| {
        let mut view = town.store.view().await.unwrap();
        forgetting::due(&mut *view, town.time.now()).await.unwrap()
    };
    assert!(due(&town).await.is_empty(), "it is still open");
    town.decide(1, case, Act::Nothing).await.unwrap();
    town.log_what_waits().await;
    town.pass_s(forgetting::KEPT_DAYS * 86_400 + 60);
    assert_eq!(due(&town).await, [case]);
    while town.store.write(Forget { case }).await.unwrap() {}
    assert!(due(&town).await.is_empty());
    let mut view = town.store.view().await.unwrap();
    assert!(cases::find(&mut *view, case).await.unwrap().is_none());
    let left = reports::of_case(&mut *view, case, 10).await.unwrap();
    assert!(left.is_empty());
    assert!(notices::find(&mut *view, &receipt).await.unwrap().is_none());
    let decided = decisions::by_number(&mut *view, 1).await.unwrap();
    assert!(decided.is_some(), "what was decided stays");
}
