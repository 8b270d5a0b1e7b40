//! The commands of a key ceremony.

use super::{Place, Result, hand_back};
use clap::Subcommand;
use heliograph_offline::ceremony::{Holder, Packet, Plan, draft, finish};
use heliograph_offline::identity::Card;
use heliograph_offline::officer::acts::SignatureFile;
use heliograph_offline::system::{Entropy, system_clock};
use heliograph_transparency::entry::{Day, Entry, Signed};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub enum Command {
    /// Plan the ceremony of a new key: K of the holders of these cards
    Plan {
        /// How many must act together, K
        #[arg(long)]
        threshold: u8,
        /// Cards of all holders, in the order of their numbers
        #[arg(required = true)]
        cards: Vec<PathBuf>,
        /// Where to write the plan
        #[arg(long, default_value = "plan.json")]
        out: PathBuf,
    },
    /// Plan new shares of the key in force; holders leave by not being named
    Refresh {
        /// The newest `keys` entry of the officers, as it stands in the log
        entry: PathBuf,
        /// Holders afterwards, each NUMBER=CARD; a newcomer gets a number that nobody ever had
        #[arg(required = true, value_name = "NUMBER=CARD")]
        holders: Vec<String>,
        /// Where to write the plan
        #[arg(long, default_value = "plan.json")]
        out: PathBuf,
    },
    /// Round 1: compare the plan, and commit
    Begin {
        /// The plan
        plan: PathBuf,
    },
    /// Round 2: deal, with everyone's packets of round 1
    Deal {
        /// The plan
        plan: PathBuf,
        /// Packets of round 1
        #[arg(required = true)]
        packets: Vec<PathBuf>,
    },
    /// Round 3: add up the share and confirm it, with everyone's packets of round 2
    Confirm {
        /// The plan
        plan: PathBuf,
        /// Packets of round 2
        #[arg(required = true)]
        packets: Vec<PathBuf>,
    },
    /// Write the entry to sign, from everyone's packets of round 3
    Draft {
        /// The plan
        plan: PathBuf,
        /// Packets of round 3
        #[arg(required = true)]
        packets: Vec<PathBuf>,
        /// The day on which it will be logged; today unless given
        #[arg(long)]
        date: Option<String>,
        /// Where to write it
        #[arg(long, default_value = "keys-entry.txt")]
        out: PathBuf,
    },
    /// Sign the entry that your own computation also gives
    SignKey {
        /// The plan
        plan: PathBuf,
        /// The drafted entry
        entry: PathBuf,
    },
    /// Put the signatures under the entry: ready for the log
    Finish {
        /// The plan
        plan: PathBuf,
        /// The drafted entry
        entry: PathBuf,
        /// Signatures of all holders
        #[arg(required = true)]
        signatures: Vec<PathBuf>,
        /// Signatures (`sign`) of K officers of the set before; for every set but the first
        #[arg(long)]
        prior: Vec<PathBuf>,
        /// Where to write it
        #[arg(long, default_value = "keys-entry-signed.txt")]
        out: PathBuf,
    },
}

pub fn run(place: &Place, command: Command) -> Result<()> {
    match command {
        Command::Plan {
            threshold,
            cards,
            out,
        } => {
            let cards = cards
                .iter()
                .map(|file| read_card(file))
                .collect::<Result<_>>()?;
            let copy = place.officer()?.log()?;
            let (origin, policy) = (copy.origin(), copy.policy_hash());
            let plan = Plan::for_officers(origin, policy, threshold, cards, &Entropy::system())?;
            print!("{}", plan.describe());
            hand_back(&out, plan.to_json().as_bytes())
        }
        Command::Refresh {
            entry,
            holders,
            out,
        } => {
            let holders = holders
                .iter()
                .map(|text| read_holder(text))
                .collect::<Result<_>>()?;
            let copy = place.officer()?.log()?;
            let (origin, policy) = (copy.origin(), copy.policy_hash());
            let previous = fs::read(entry)?;
            let plan = Plan::refresh(origin, policy, &previous, holders, &Entropy::system())?;
            print!("{}", plan.describe());
            hand_back(&out, plan.to_json().as_bytes())
        }
        Command::Begin { plan } => {
            let (officer, plan) = (place.officer()?, read_plan(&plan)?);
            officer.check_plan(&plan)?;
            print!("{}", plan.describe());
            place.confirm("Are these the words on everyone's screen, and the people you met?")?;
            hand_back_packet(&officer.begin(&plan, &place.lock(&officer)?)?)
        }
        Command::Deal { plan, packets } => {
            let (officer, plan) = (place.officer()?, read_plan(&plan)?);
            let packets = read_packets(&packets)?;
            hand_back_packet(&officer.deal(&plan, &packets, &place.lock(&officer)?)?)
        }
        Command::Confirm { plan, packets } => {
            let (officer, plan) = (place.officer()?, read_plan(&plan)?);
            let packets = read_packets(&packets)?;
            hand_back_packet(&officer.confirm(&plan, &packets, &place.lock(&officer)?)?)
        }
        Command::Draft {
            plan,
            packets,
            date,
            out,
        } => {
            let date = match date {
                Some(date) => date.parse()?,
                None => Day::of_unix(system_clock()()),
            };
            let entry = draft(&read_plan(&plan)?, &read_packets(&packets)?, date)?;
            hand_back(&out, &entry.to_bytes()?)
        }
        Command::SignKey { plan, entry } => {
            let (officer, plan) = (place.officer()?, read_plan(&plan)?);
            let entry = fs::read(entry)?;
            print!("{}", String::from_utf8_lossy(&entry));
            place.confirm("Sign this entry?")?;
            let signature = officer.sign_key(&plan, &entry, &place.lock(&officer)?)?;
            let out = PathBuf::from(format!("key-signature-{}.json", signature.index));
            hand_back(&out, signature.to_json().as_bytes())
        }
        Command::Finish {
            plan,
            entry,
            signatures,
            prior,
            out,
        } => {
            let text = fs::read(entry)?;
            let (by, prior) = (
                read_signed(&text, &signatures)?,
                read_signed(&text, &prior)?,
            );
            let entry = finish(&read_plan(&plan)?, Entry::parse(&text)?, &by, &prior)?;
            hand_back(&out, &entry.to_bytes()?)
        }
    }
}

fn read_plan(file: &Path) -> Result<Plan> {
    Ok(Plan::parse(&fs::read(file)?)?)
}

fn read_card(file: &Path) -> Result<Card> {
    let card = Card::parse(&fs::read(file)?);
    card.map_err(|error| format!("{}: {error}", file.display()).into())
}

fn read_holder(text: &str) -> Result<Holder> {
    let (index, file) = text.split_once('=').ok_or("a holder is NUMBER=CARD")?;
    Ok(Holder {
        index: index.parse()?,
        card: read_card(Path::new(file))?,
    })
}

fn read_packets(files: &[PathBuf]) -> Result<Vec<Packet>> {
    let read = |file: &PathBuf| -> Result<Packet> {
        let packet = Packet::parse(&fs::read(file)?);
        packet.ok_or_else(|| format!("{}: not a packet of a ceremony", file.display()).into())
    };
    files.iter().map(read).collect()
}

fn read_signed(entry: &[u8], files: &[PathBuf]) -> Result<Vec<Signed>> {
    let read = |file: &PathBuf| -> Result<Signed> {
        let signature = SignatureFile::parse(&fs::read(file)?)
            .filter(|signature| signature.belongs_to(entry))
            .ok_or_else(|| format!("{}: not a signature under this entry", file.display()))?;
        Ok(signature.signed())
    };
    files.iter().map(read).collect()
}

fn hand_back_packet(packet: &Packet) -> Result<()> {
    let name = format!("round-{}-from-{}.json", packet.round(), packet.from());
    hand_back(Path::new(&name), packet.to_json().as_bytes())
}
