//! The orders: one from nobody, one for too much, and one that is served.

use super::officers::THRESHOLD;
use super::person::Connected;
use super::{DAY_S, Failure, INES, SELLER, SELLERS_ADDRESS, Story, must};
use crate::desk::{DeskCasework, DeskCounter};
use heliograph_console::casework::{CaseAct, Person};
use heliograph_console::counter::{Channel, HandedIn, Sender, Taken};
use heliograph_console::{Casework as _, Counter as _};
use heliograph_desk_store::CaseId;
use heliograph_disclosure::access_key::KeyChange;
use heliograph_disclosure::documents::Upload;
use heliograph_disclosure::flow::SignedAct;
use heliograph_disclosure::order::{OrderForm, TargetForm};
use heliograph_disclosure::registry::AuthorityDetails;
use heliograph_disclosure::validity::{Decision, Question};
use heliograph_transparency::entry::{Change, Minute, Outcome, Priority};
use heliograph_transparency::files::Response;

const COURT: &str = "Amtsgericht Musterstadt";

impl Story<'_> {
    /// What the court fills in, about the days on which the people were seen.
    pub(super) fn form(&self) -> OrderForm {
        let day = |days: i64| Minute::of_unix((self.now_s() as i64 - days * DAY_S) as u64);
        OrderForm {
            official: "J. Richter".into(),
            role: "Judge".into(),
            file_reference: "12 Gs 345/26".into(),
            legal_basis: "Section 100j of the code of criminal procedure".into(),
            offence: "fraud".into(),
            suspect: "the holder of the account".into(),
            clause: "4.2".into(),
            necessity: "Goods were paid for and never sent; there is no other lead.".into(),
            targets: vec![TargetForm::Username(SELLER.username.into())],
            from: day(10).to_string(),
            to: day(1).to_string(),
            data: vec!["phone".into(), "ip".into()],
            purpose: "disclose".into(),
            priority: "normal".into(),
            threat: String::new(),
            gag: "none".into(),
            delivery: "registered-key".into(),
        }
    }

    /// Hands an order in at the portal, in the court's name, with this key.
    async fn hand_in(&self, form: OrderForm, access_key: &str) -> Result<Taken, Failure> {
        let request = HandedIn {
            sender: Sender {
                authority: Some(1),
                name: COURT.into(),
                country: "DE".into(),
                class: "court".into(),
                contact: "registry@gericht.example".into(),
                access_key: access_key.into(),
                signatures: String::new(),
            },
            channel: Channel::Page,
            follows: None,
            form,
            documents: vec![Upload {
                name: "order.pdf".into(),
                bytes: b"%PDF-1.7\n% An order of the demonstration.\n%%EOF\n".to_vec(),
            }],
        };
        self.at_counter(move |counter, now_s| counter.hand_in(request, now_s))
            .await
    }

    /// Does something at the portal.
    async fn at_counter<T, E>(
        &self,
        call: impl FnOnce(&DeskCounter, u64) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let counter = DeskCounter::new(self.stage.desk().clone());
        let now_s = self.now_s();
        let done = tokio::task::spawn_blocking(move || call(&counter, now_s));
        done.await?.map_err(Into::into)
    }

    /// Has Ines do something at the desk.
    async fn at_desk<T, E>(
        &self,
        call: impl FnOnce(&DeskCasework, &Person, u64) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failure>
    where
        T: Send + 'static,
        E: Into<Failure> + Send + 'static,
    {
        let casework = DeskCasework::new(self.stage.desk().clone());
        let now_s = self.now_s();
        let ines = Person {
            id: INES,
            name: "Ines".into(),
        };
        let done = tokio::task::spawn_blocking(move || call(&casework, &ines, now_s));
        done.await?.map_err(Into::into)
    }

    /// Has Ines do something with a case.
    async fn act(&self, case: CaseId, act: CaseAct) -> Result<(), Failure> {
        self.at_desk(move |casework, ines, now_s| casework.act(ines, case, act, now_s))
            .await
    }

    pub(super) async fn authority_is_registered(&mut self) -> Result<(), Failure> {
        self.told
            .chapter("An authority is entered in the registry")?;
        let details = AuthorityDetails {
            name: COURT.into(),
            country: "DE".into(),
            class: "court".into(),
            contact: "the registry of the criminal division".into(),
            call_back: "the number in the public directory of courts".into(),
            recipient: Some(self.court.to_public().to_string()),
            verified: "Ines called the number in the directory of courts".into(),
            access_key: None,
            signing_key: None,
            salt: [0; 32],
        };
        let change = self
            .at_desk(|casework, ines, now_s| {
                let (add, new) = (Change::Add, KeyChange::New);
                casework.change_registry(ines, None, add, details, new, now_s)
            })
            .await?;
        self.access_key = change.access_key.ok_or("no access key was made")?;
        let (meaning, by) = self.officers.sign(&self.stage, &change.entry, 2)?;
        let signed = SignedAct {
            entry: change.entry,
            by,
        };
        self.desk(move |office, now_s| office.complete(INES, &signed, now_s))
            .await?;
        self.told.show(&meaning)?;
        self.say(&format!(
            "{COURT} is called back at a number from the public directory. Two officers\n\
             sign, the log shows a commitment, and nothing is accepted from it for 72 hours:\n\
             a hurried or bought entry can be noticed before it is used."
        ))?;
        let key = self.access_key.clone();
        let early = self.hand_in(self.form(), &key).await?;
        must(
            matches!(early, Taken::Quarantined { .. }),
            "an authority that waits for its day cannot send orders",
        )?;
        self.clear_quarantine().await?;
        for _ in 0..4 {
            self.stage.clock.move_on(DAY_S);
            self.stage.look_after().await;
        }
        self.say("Four days pass.")
    }

    /// Puts aside what nobody answered for.
    async fn clear_quarantine(&self) -> Result<(), Failure> {
        self.at_desk(|casework, ines, now_s| {
            for waiting in casework.desk(ines, now_s)?.quarantine {
                casework.decide_quarantined(ines, waiting.id, None, now_s)?;
            }
            Ok::<_, heliograph_console::casework::CaseworkError>(())
        })
        .await
    }

    pub(super) async fn forged_order(&mut self) -> Result<(), Failure> {
        self.told.chapter("A forged order")?;
        let guessed = "0123-4567-89ab-cdef-".repeat(4);
        let taken = self
            .hand_in(self.form(), guessed.trim_end_matches('-'))
            .await?;
        must(
            matches!(taken, Taken::Quarantined { .. }),
            "an order from nobody becomes no case",
        )?;
        self.clear_quarantine().await?;
        self.say(&format!(
            "Somebody writes as “{COURT}”, urgently, from a mailbox that looks right.\n\
             With a guessed access key it is quarantined, as it would be with none. Ines\n\
             calls the number in the registry, not the one in the letter; nobody there knows\n\
             of it. It is put aside. The log counts it among what was turned away."
        ))
    }

    pub(super) async fn order_beyond_the_desk(&mut self) -> Result<(), Failure> {
        self.told.chapter("An order for more than there is")?;
        let mut form = self.form();
        form.file_reference = "12 Gs 340/26".into();
        form.data = vec!["phone".into(), "messages".into()];
        let case = self.case_of(form).await?;
        let decision = self
            .at_desk(move |casework, ines, now_s| casework.case(ines, case, now_s))
            .await?
            .decision;
        must(
            matches!(decision, Decision::OutOfDesk(_)),
            "an order for messages cannot be served",
        )?;
        let outcome = Outcome::OutOfDeskContested;
        let note = "it asks for messages; counsel has written to the court".into();
        self.act(case, CaseAct::Refuse { outcome, note }).await?;
        self.stage.look_after().await;
        self.say(&format!(
            "The court asks for the number and for messages. There is no form, no switch and\n\
             no code by which the desk could hand over messages. Counsel contests it: the case\n\
             ends as `{outcome}`, and the report shows that in a column of its own."
        ))
    }

    /// Hands an order in and waits for its slot in the log.
    pub(super) async fn case_of(&mut self, form: OrderForm) -> Result<CaseId, Failure> {
        let key = self.access_key.clone();
        let Taken::Case { secret } = self.hand_in(form, &key).await? else {
            return Err("the registered authority was not recognised".into());
        };
        self.receipt = secret;
        self.stage.wait_hours(1).await;
        let desk = self.at_desk(heliograph_console::Casework::desk).await?;
        let newest = desk.cases.iter().max_by_key(|case| case.received_s);
        Ok(newest.ok_or("the case is not on the desk")?.id)
    }

    pub(super) async fn order(&mut self) -> Result<(), Failure> {
        self.told.chapter("An order that can be served")?;
        let case = self.case_of(self.form()).await?;
        self.say("The court gets a signed receipt at once, and at the full hour the log gets\na commitment that says nothing yet:")?;
        let secret = self.receipt.clone();
        let standing = self
            .at_counter(move |counter, now_s| counter.standing(&secret, now_s))
            .await?;
        self.told
            .show(&standing.ok_or("the receipt leads nowhere")?.receipt)?;
        self.say("\nA named officer of the desk answers each question, with reasons:")?;
        let asked = || {
            Question::ALL
                .into_iter()
                .filter(|asked| asked.applies(Priority::Normal))
        };
        for question in asked() {
            self.told.say(&format!("  yes  {}", question.text()))?;
        }
        for question in asked() {
            let act = CaseAct::Answer {
                question,
                yes: true,
                note: "as the order shows".into(),
            };
            self.act(case, act).await?;
        }
        self.act(case, CaseAct::Prepare).await?;
        self.approvals(case).await?;
        self.opening(case).await
    }

    async fn approvals(&mut self, case: CaseId) -> Result<(), Failure> {
        self.told
            .chapter("Officers decide, each at a machine that is on no network")?;
        let bundle = self
            .at_desk(move |casework, ines, now_s| casework.bundle(ines, case, 0, now_s))
            .await?;
        let mut responses = Vec::new();
        for number in 0..usize::from(THRESHOLD) {
            let (page, response) = self.officers.approve(number, &bundle)?;
            if number == 0 {
                self.say(
                    "This is what each of them sees, checked against their own copy of the log:",
                )?;
                self.told.show(&page)?;
                self.say("")?;
            }
            responses.push(response);
        }
        let mut forged = responses[0].clone();
        forged.officer = responses[1].officer;
        let refused = self.respond(case, forged).await;
        let why = refused.err().ok_or("a forged approval was accepted")?;
        self.say(&format!(
            "{} approves. Somebody hands the same approval in as {}'s.\nRefused: {why}.",
            self.officers.name(0),
            self.officers.name(1)
        ))?;
        let last = responses.pop().ok_or("nobody approved")?;
        for (number, response) in responses.into_iter().enumerate() {
            self.respond(case, response).await?;
            let name = self.officers.name(number).to_owned();
            self.told.say(&format!("{name}'s approval counts."))?;
        }
        let early = self.act(case, CaseAct::Open).await;
        must(early.is_err(), "two approvals of three open nothing")?;
        self.say("Two are too few: the desk waits, and no custodian would answer.")?;
        self.respond(case, last).await?;
        let name = self.officers.name(2).to_owned();
        self.say(&format!("{name}'s approval counts, too: three of five."))
    }

    async fn respond(&self, case: CaseId, response: Response) -> Result<(), Failure> {
        let response = response.to_bytes();
        self.act(case, CaseAct::Respond { response }).await
    }

    async fn opening(&mut self, case: CaseId) -> Result<(), Failure> {
        self.told.chapter("The opening")?;
        let before = self.log_size();
        self.act(case, CaseAct::Open).await?;
        self.stage.look_after().await;
        self.say("The opening is in the log before any custodian answers:")?;
        self.show_entries(before)?;
        let secret = self.receipt.clone();
        let fetch = move |counter: &DeskCounter, now_s| counter.take_package(&secret, now_s);
        let package = self.at_counter(fetch.clone()).await?;
        let package = package.ok_or("there is no package")?;
        let again = self.at_counter(fetch).await?;
        must(again.is_none(), "a package is handed out once")?;
        let opened = age::decrypt(&self.court, &package)?;
        let data = members(&opened)?;
        self.say(&format!(
            "\nThe court fetches {} bytes, once, that only its own key opens. What is in them:",
            package.len()
        ))?;
        self.told.show(&serde_json::to_string_pretty(&data)?)?;
        let found = data.as_object().ok_or("the package has no data")?;
        let mut names: Vec<&str> = found.keys().map(String::as_str).collect();
        names.sort_unstable();
        must(
            names == ["ip", "phone"],
            "a package has two members and no third",
        )?;
        must(
            data["phone"] == format!("+{}", SELLER.number),
            "the number is the seller's",
        )?;
        let addresses = data["ip"].as_array().map_or(0, Vec::len);
        must(addresses == 2, "the seller was seen at two addresses")?;
        self.say("A number and two addresses with their times; there is no third member it could have.\nNoor's number and address stay sealed.")?;
        self.notice().await
    }

    async fn notice(&mut self) -> Result<(), Failure> {
        self.told.chapter("The person is told")?;
        self.stage.look_after().await;
        let device = self
            .sellers_device
            .take()
            .ok_or("the seller has no telephone")?;
        let back = Connected::come_back(device, &self.stage, SELLERS_ADDRESS, 40_006);
        let mut seller = back.await?;
        let text = seller.last_notice().await?.ok_or("no notice came")?;
        must(text.contains(COURT), "the notice names the court")?;
        self.say("There is no gag, so the service chat says at once:")?;
        self.told.show(&text)?;
        Ok(())
    }

    pub(super) fn log_size(&self) -> u64 {
        self.stage.desk().office.with_log(|log| log.ledger().size())
    }
}

/// The member `data` of the package's JSON file.
fn members(archive: &[u8]) -> Result<serde_json::Value, Failure> {
    let start = archive.iter().position(|byte| *byte == b'{');
    let start = start.ok_or("the package holds no JSON")?;
    let mut values = serde_json::Deserializer::from_slice(&archive[start..]).into_iter();
    let package: serde_json::Value = values.next().ok_or("the package holds no JSON")??;
    Ok(package["data"].clone())
}
