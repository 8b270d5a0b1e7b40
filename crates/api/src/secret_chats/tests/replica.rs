//! What a device knows after any history is what was sent to it: in order, each once, whether it was
//! pushed or fetched. What is repeated after it was confirmed is sent again, as to a device that lost it.

use super::*;
use crate::messages::testing::two;
use proptest::collection::vec;
use proptest::prelude::*;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Ada sends on one of two chats.
    Send(bool),
    /// Ada repeats her last message.
    Repeat,
    /// Ben's device is there and hears what is pushed.
    Hear,
    /// It was away, and what was pushed meanwhile is lost.
    Miss,
    /// It asks what it has missed, so many at a time.
    CatchUp(i32),
    /// It confirms what it has.
    Confirm,
    /// It comes back with an older state, as after a crash; what it had confirmed it has kept.
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => any::<bool>().prop_map(Step::Send),
        1 => Just(Step::Repeat),
        3 => Just(Step::Hear),
        2 => Just(Step::Miss),
        2 => (1..4_i32).prop_map(Step::CatchUp),
        2 => Just(Step::Confirm),
        1 => Just(Step::Crash),
    ];
    vec(step, 1..60)
}

/// Ben's device.
struct Device {
    qts: i32,
    confirmed: i32,
    known: Vec<Vec<u8>>,
}

impl Device {
    /// Takes a message with its number; one that does not follow is a gap and is left out.
    fn take(&mut self, qts: i32, data: &[u8]) {
        if qts == self.qts + 1 {
            self.qts = qts;
            self.known.push(data.to_vec());
        }
    }

    async fn catch_up(&mut self, world: &World, ben: &Person, limit: i32) {
        loop {
            let ask = f::updates::GetDifference {
                pts: 1,
                date: world.clock_s(),
                qts: self.qts,
                qts_limit: Some(limit),
                ..Default::default()
            };
            let (messages, state, more) = match world.call(ben, ask).await.expect("a difference") {
                Difference::Difference(all) => (all.new_encrypted_messages, all.state, false),
                Difference::Slice(part) => {
                    (part.new_encrypted_messages, part.intermediate_state, true)
                }
                Difference::Empty(_) => return,
                Difference::TooLong(_) => panic!("little has happened"),
            };
            assert!(messages.len() <= limit as usize);
            let heliograph_tl::enums::updates::State::State(state) = state;
            assert_eq!(
                state.qts,
                self.qts + messages.len() as i32,
                "no number is left out"
            );
            for message in &messages {
                let next = self.qts + 1;
                self.take(next, data(message));
            }
            if !more {
                return;
            }
        }
    }
}

async fn run(steps: Vec<Step>) {
    let (world, ada, ben) = two().await;
    open(&world, &ada, &ben, 77).await;
    open(&world, &ben, &ada, 78).await;
    pushed(&world, &ben).await;
    let mut device = Device {
        qts: 1,
        confirmed: 1,
        known: Vec::new(),
    };
    let mut sent: Vec<Vec<u8>> = Vec::new();
    let mut last = None;
    for step in steps {
        match step {
            Step::Send(first) => {
                let mut data = bytes(0);
                data[..8].copy_from_slice(&(sent.len() as u64).to_le_bytes());
                let call = message(&world, &ada, if first { 77 } else { 78 }, &data);
                world.call(&ada, call.clone()).await.expect("it is sent");
                sent.push(data);
                last = Some((call, sent.len() as i32 + 1));
            }
            Step::Repeat => {
                if let Some((call, qts)) = &mut last {
                    world.call(&ada, call.clone()).await.expect("it is known");
                    if *qts <= device.confirmed {
                        sent.extend(sent.last().cloned());
                        *qts = sent.len() as i32 + 1;
                    }
                }
            }
            Step::Hear => {
                for update in pushed(&world, &ben).await {
                    if let Update::NewEncryptedMessage(new) = update {
                        device.take(new.qts, data(&new.message));
                    }
                }
            }
            Step::Miss => {
                pushed(&world, &ben).await;
            }
            Step::CatchUp(limit) => device.catch_up(&world, &ben, limit).await,
            Step::Confirm => {
                let max_qts = device.qts;
                world
                    .call(&ben, f::messages::ReceivedQueue { max_qts })
                    .await
                    .expect("it is confirmed");
                device.confirmed = max_qts;
            }
            Step::Crash => {
                device.qts = device.confirmed;
                device.known.truncate(device.confirmed as usize - 1);
            }
        }
        assert_eq!(device.known, sent[..device.known.len()]);
    }
    device.catch_up(&world, &ben, 100).await;
    assert_eq!(device.known, sent);
    assert_eq!(device.qts, sent.len() as i32 + 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_message_arrives_once_and_in_order_through_pushes_gaps_and_crashes(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(run(steps));
    }
}
