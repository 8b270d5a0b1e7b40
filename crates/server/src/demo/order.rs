//! The orders: one from nobody, one for too much, and one that is served.

use super::officers::THRESHOLD;
use super::person::Connected;
use super::{DAY_S, Failure, INES, SELLER, SELLERS_ADDRESS, Story, must};
use heliograph_desk_store::{CaseId, IntakeId, Token};
use heliograph_disclosure::documents::Upload;
use heliograph_disclosure::flow::{Office, Preparation, Progress, Received, Sender, SignedAct};
use heliograph_disclosure::order::{OrderForm, TargetForm};
use heliograph_disclosure::registry::AuthorityDetails;
use heliograph_disclosure::validity::{Decision, Question};
use heliograph_transparency::entry::{Change, Minute, Priority};
use heliograph_transparency::files::Response;

const COURT: &str = "Amtsgericht Musterstadt";

impl Story<'_> {
    /// What the court fills in, about the days on which the people were seen.
    fn form(&self) -> OrderForm {
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

    async fn hand_in(&self, form: OrderForm, known: bool) -> Result<Received, Failure> {
        self.desk(move |office, now_s| {
            let sender = Sender {
                authority: known.then_some(1),
                channel: Token::parse(if known { "login" } else { "none" }).expect("a word"),
            };
            let order = Upload {
                name: "order.pdf".into(),
                bytes: b"%PDF-1.7\n% An order of the demonstration.\n%%EOF\n".to_vec(),
            };
            office.receive(&sender, &form, &[order], None, now_s)
        })
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
            salt: [0; 32],
        };
        let change = self
            .desk(|office, now_s| office.change_registry(INES, None, Change::Add, details, now_s))
            .await?;
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
        let early = self.hand_in(self.form(), true).await?;
        must(
            matches!(early, Received::Quarantined(_)),
            "an authority that waits for its day cannot send orders",
        )?;
        if let Received::Quarantined(id) = early {
            self.drop_intake(id).await?;
        }
        for _ in 0..4 {
            self.stage.clock.move_on(DAY_S);
            self.stage.look_after().await;
        }
        self.say("Four days pass.")
    }

    async fn drop_intake(&self, id: IntakeId) -> Result<(), Failure> {
        self.desk(move |office, now_s| office.drop_intake(INES, id, now_s))
            .await
    }

    pub(super) async fn forged_order(&mut self) -> Result<(), Failure> {
        self.told.chapter("A forged order")?;
        let Received::Quarantined(id) = self.hand_in(self.form(), false).await? else {
            return Err("an order from nobody became a case".into());
        };
        self.drop_intake(id).await?;
        self.say(&format!(
            "Somebody writes as “{COURT}”, urgently, from a mailbox that looks right.\n\
             Without the court's key to the portal it is quarantined, whatever it says. Ines\n\
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
            .desk(move |office, now_s| office.questions(INES, case, now_s))
            .await?
            .decision;
        let Decision::OutOfDesk(outcome) = decision else {
            return Err("an order for messages was taken for one that can be served".into());
        };
        self.desk(move |office, now_s| {
            office.refuse(INES, case, outcome, "asks for messages", now_s)
        })
        .await?;
        self.stage.look_after().await;
        self.say(&format!(
            "The court asks for the number and for messages. There is no form, no switch and\n\
             no code by which the desk could hand over messages: the case ends as `{outcome}`,\n\
             counsel answers the court, and the log and the report show it in a column of\n\
             its own."
        ))
    }

    /// Hands an order in and waits for its slot in the log.
    async fn case_of(&mut self, form: OrderForm) -> Result<CaseId, Failure> {
        let Received::Case(case, receipt) = self.hand_in(form, true).await? else {
            return Err("the registered authority was not recognised".into());
        };
        self.receipt = receipt.secret.to_string();
        self.note = receipt.note;
        self.stage.wait_hours(1).await;
        Ok(case)
    }

    pub(super) async fn order(&mut self) -> Result<(), Failure> {
        self.told.chapter("An order that can be served")?;
        let case = self.case_of(self.form()).await?;
        self.say("The court gets a signed receipt at once, and at the full hour the log gets\na commitment that says nothing yet:")?;
        let note = self.note.clone();
        self.told.show(&note)?;
        self.say("\nA named officer of the desk answers each question, with reasons:")?;
        let asked = || {
            Question::ALL
                .into_iter()
                .filter(|asked| asked.applies(Priority::Normal))
        };
        for question in asked() {
            self.told.say(&format!("  yes  {}", question.text()))?;
        }
        self.desk(move |office, now_s| {
            for question in asked() {
                office.answer(INES, case, question, true, "as the order shows", now_s)?;
            }
            Ok::<_, heliograph_disclosure::flow::FlowError>(())
        })
        .await?;
        let prepared = self
            .desk(move |office, now_s| office.prepare(INES, case, now_s))
            .await?;
        must(prepared == Preparation::Ready, "the records were gathered")?;

        self.approvals(case).await?;
        self.opening(case).await
    }

    async fn bundle(&self, case: CaseId) -> Result<Vec<u8>, Failure> {
        let bundle = self
            .desk(move |office, now_s| office.bundle(INES, case, 0, now_s))
            .await?;
        Ok(bundle.to_bytes())
    }

    async fn approvals(&mut self, case: CaseId) -> Result<(), Failure> {
        self.told
            .chapter("Officers decide, each at a machine that is on no network")?;
        let bundle = self.bundle(case).await?;
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
        let progress = self
            .desk(move |office, now_s| office.advance(case, now_s))
            .await?;
        must(
            matches!(progress, Progress::AwaitingPeople(_)),
            "two approvals of three open nothing",
        )?;
        self.say("Two are too few: the desk waits, and no custodian would answer.")?;
        self.respond(case, last).await?;
        let name = self.officers.name(2).to_owned();
        self.say(&format!("{name}'s approval counts, too: three of five."))
    }

    async fn respond(&self, case: CaseId, response: Response) -> Result<(), Failure> {
        self.desk(move |office, now_s| office.respond(INES, case, &response, now_s))
            .await?;
        Ok(())
    }

    async fn opening(&mut self, case: CaseId) -> Result<(), Failure> {
        self.told.chapter("The opening")?;
        let before = self.log_size();
        self.desk(move |office: &Office, now_s| office.advance(case, now_s))
            .await?;
        self.stage.look_after().await;
        self.say("The opening is in the log before any custodian answers:")?;
        self.show_entries(before)?;
        let secret = self.receipt.clone();
        let fetch = move |office: &Office, now_s| office.fetch(&secret, 1, now_s);
        let package = self.desk(fetch.clone()).await?;
        let package = package.ok_or("there is no package")?;
        let again = self.desk(fetch).await?;
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
