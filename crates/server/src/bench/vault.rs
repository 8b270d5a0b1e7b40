//! Sealing and opening records, and what sealing adds to a sign-in.

use super::keys::{Group, Made, policy};
use super::people::{connect, sign_up_over};
use super::target::{Target, now};
use super::{Failure, Histogram, Options, Report};
use crate::control::{Answer, Command, ask};
use crate::desk::log;
use crate::secrets::DataFolder;
use heliograph_offline::system::Entropy;
use heliograph_transparency::entry::{Body, Day, Entry};
use heliograph_transparency::ledger::Ledger;
use heliograph_vault::keys::{GateMode, OpeningKeys, SealingKeys};
use heliograph_vault::open::Opening;
use heliograph_vault::partial::{CaseContext, custodian_partial, officer_partial};
use heliograph_vault::plaintext::Phone;
use heliograph_vault::record::{SealedRecord, seal_phone};
use heliograph_vault::secrets::{UserSecret, phone_secret};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// The log that the keys are for.
const ORIGIN: &str = "demo.bench/log";

/// How often each step is measured.
const ROUNDS: usize = 300;

/// Who signs in, in each round of the comparison.
const SIGN_INS: usize = 100;

const CASE: CaseContext = CaseContext {
    request: [1; 32],
    open: [2; 32],
    preserved: None,
};

/// Measures each step with keys of 3 of 5 officers and 2 of 3 custodians, then sign-ins.
pub(super) async fn run(_: &Options) -> Result<Report, Failure> {
    let mut report = Report::new("vault");
    measure_steps(&mut report)?;
    compare_sign_ins(&mut report).await?;
    Ok(report)
}

fn measure_steps(report: &mut Report) -> Result<(), Failure> {
    let today = Day::of_unix((now().0 / 1000) as u64);
    let officers = Group::new("officer", 3, 5)?;
    let custodians = Group::new("custodian", 2, 3)?;
    let began = Instant::now();
    let officers_key = officers.make_officers_key(ORIGIN, today)?;
    report.add("ceremony_ms", began.elapsed().as_secs_f64() * 1e3, "ms");
    let gate_key = custodians.make_phone_key(ORIGIN, today)?;
    let ledger = ledger_of(&custodians, &officers_key, &gate_key, today)?;
    let officers = ledger.officers().ok_or("no officers")?.keys.clone();
    let gate = ledger.custody().phone_key().ok_or("no custodians")?;
    let sealing = SealingKeys::new(officers, gate.keys.clone(), GateMode::Remote)?;
    let keys = OpeningKeys::unrefreshed(sealing.clone());

    let entropy = Entropy::system();
    let (user, user_id) = (UserSecret::new(*entropy.draw()), 7);
    let phone = Phone::from_digits("4915100000")?;
    let seal = || seal_phone(&sealing, &user, user_id, &phone, &entropy.draw());
    let bytes = seal()?.to_bytes();
    let record = SealedRecord::parse(&bytes)?.verify()?;
    let officer = |share| officer_partial(share, &record, &keys, CASE.request, &entropy.draw());
    let custodian = |share| custodian_partial(share, &record, &keys, CASE.open, &entropy.draw());
    let one_officer = officers_key.shares(1).next().ok_or("no share")?;
    let one_custodian = gate_key.shares(1).next().ok_or("no share")?;
    let partial = officer(one_officer)?;

    measure(report, "seal_us", || Ok(seal()?))?;
    measure(report, "verify_record_us", || {
        Ok(SealedRecord::parse(&bytes)?.verify()?)
    })?;
    measure(report, "officer_partial_us", || Ok(officer(one_officer)?))?;
    measure(report, "custodian_partial_us", || {
        Ok(custodian(one_custodian)?)
    })?;
    measure(report, "verify_partial_us", || {
        Ok(partial.verify(&record, &keys, &CASE)?)
    })?;
    measure(report, "opening_us", || {
        let record = SealedRecord::parse(&bytes)?.verify()?;
        let officers = officers_key.shares(3).map(officer);
        let officers = officers.collect::<Result<Vec<_>, _>>()?;
        let custodians = gate_key.shares(2).map(custodian);
        let custodians = custodians.collect::<Result<Vec<_>, _>>()?;
        let opening = Opening {
            record: &record,
            keys: &keys,
            case: &CASE,
            user: user.commitment(user_id),
            secret: &phone_secret(&user, &record)?,
        };
        Ok(opening.open(&officers, &custodians)?)
    })
}

/// What the log says once the keys are in it.
fn ledger_of(
    custodians: &Group,
    officers_key: &Made,
    gate_key: &Made,
    today: Day,
) -> Result<Ledger, Failure> {
    let mut ledger = Ledger::new(ORIGIN);
    let bodies: [Body; 2] = [policy().into(), custodians.roster().into()];
    let mut entries = Vec::new();
    for body in bodies {
        entries.push(Entry::new(today, body).to_bytes()?);
    }
    entries.extend([officers_key.entry.clone(), gate_key.entry.clone()]);
    ledger.apply_all(entries.iter().map(Vec::as_slice))?;
    Ok(ledger)
}

/// The median of many runs, in microseconds.
fn measure<T>(
    report: &mut Report,
    name: &'static str,
    mut run: impl FnMut() -> Result<T, Failure>,
) -> Result<(), Failure> {
    let mut times_us = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        black_box(run()?);
        times_us.push(began.elapsed().as_secs_f64() * 1e6);
    }
    times_us.sort_by(f64::total_cmp);
    report.add(name, times_us[ROUNDS / 2], "us");
    Ok(())
}

/// People sign up at two servers in turn, of which one has keys in force and seals their numbers.
async fn compare_sign_ins(report: &mut Report) -> Result<(), Failure> {
    let folder = |name| {
        let folder = format!("heliograph-bench-{name}-{}", std::process::id());
        std::env::temp_dir().join(folder)
    };
    let without = Target::start_on(folder("without"))?;
    let with = Target::start_on(folder("with"))?;
    have_keys_made(&with).await?;

    let (mut plain, mut sealed) = (Histogram::new(), Histogram::new());
    let cpu_before = [without.cpu(), with.cpu()];
    for number in 0..SIGN_INS {
        for (target, times) in [(&without, &mut plain), (&with, &mut sealed)] {
            let client = connect(target).await?;
            let (_, took) = sign_up_over(client, target, number).await?;
            times.add(took.as_micros() as u64);
        }
    }
    // What was handed over is sealed in a task beside; its cost belongs to the comparison.
    tokio::time::sleep(Duration::from_secs(1)).await;
    for (name, times) in [
        ("sign_in_without_keys_p50_ms", &plain),
        ("sign_in_with_keys_p50_ms", &sealed),
    ] {
        report.add(name, times.quantile(0.5) as f64 / 1e3, "ms");
    }
    let cpu = |target: &Target, before: Duration| {
        target.cpu().saturating_sub(before).as_secs_f64() * 1e3 / SIGN_INS as f64
    };
    let (without, with) = (cpu(&without, cpu_before[0]), cpu(&with, cpu_before[1]));
    report.add("sign_in_cpu_without_keys_ms", without, "ms");
    report.add("sign_in_cpu_with_keys_ms", with, "ms");
    Ok(())
}

/// Enters an officers' key in the server's log and waits until its custodian has made its own.
async fn have_keys_made(target: &Target) -> Result<(), Failure> {
    let data = DataFolder::new(target.folder().join("data"));
    let ledger = log::read(&data.log())?;
    let today = Day::of_unix((now().0 / 1000) as u64);
    let officers = Group::new("officer", 3, 5)?;
    let key = officers.make_officers_key(ledger.origin(), today)?;
    let entry = String::from_utf8(key.entry)?;
    match ask(&data.control_socket(), &Command::EnterInLog { entry })? {
        Answer::Count(_) => {}
        answer => return Err(format!("the key was not entered: {answer:?}").into()),
    }
    for _ in 0..300 {
        if log::read(&data.log())?.custody().phone_key().is_some() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("the custodian made no key".into())
}
