//! Whatever a line loses, repeats or cuts: nothing runs twice and nothing is lost.

use super::*;

/// One thing that may happen on a link.
#[derive(Clone, Debug)]
enum Happening {
    Call,
    Answer(prop::sample::Index),
    Push,
    Deliver,
    LoseToClient,
    RepeatToServer(prop::sample::Index),
    Reconnect,
    Acknowledge,
    Pass(u8),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Call),
        3 => any::<prop::sample::Index>().prop_map(Happening::Answer),
        1 => Just(Happening::Push),
        3 => Just(Happening::Deliver),
        1 => Just(Happening::LoseToClient),
        2 => any::<prop::sample::Index>().prop_map(Happening::RepeatToServer),
        1 => Just(Happening::Reconnect),
        1 => Just(Happening::Acknowledge),
        1 => any::<u8>().prop_map(Happening::Pass),
    ]
}

/// Notes what a client has read; an answer that comes twice must be the same.
fn read(
    incoming: Vec<Incoming>,
    seen: &mut BTreeMap<MsgId, Vec<u8>>,
    pushes_seen: &mut BTreeSet<MsgId>,
) {
    for incoming in incoming {
        match incoming {
            Incoming::Answer { call, body } => {
                let before = seen.insert(call, body.to_vec());
                assert!(before.is_none_or(|before| before == body));
            }
            Incoming::Push { msg_id, .. } => {
                pushes_seen.insert(msg_id);
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is lost, repeated or delayed: no call runs twice, every answer is the one that was
    /// given, and after a last reconnection the client has every answer and every push.
    #[test]
    fn nothing_runs_twice_and_nothing_is_lost(
        happenings in prop::collection::vec(happening(), 1..80),
    ) {
        let mut link = Link::new();
        let mut sent: Vec<(MsgId, BytesMut)> = Vec::new();
        let mut runs: BTreeMap<MsgId, u32> = BTreeMap::new();
        let mut running: Vec<MsgId> = Vec::new();
        let mut answers: BTreeMap<MsgId, BytesMut> = BTreeMap::new();
        let mut seen: BTreeMap<MsgId, Vec<u8>> = BTreeMap::new();
        let (mut pushes, mut pushes_seen) = (0u32, BTreeSet::new());

        for happening in happenings {
            match happening {
                Happening::Call => {
                    let (id, packet) = link.client.encode_call(&CALL, link.now, &mut link.entropy);
                    for event in link.deliver(packet.clone()) {
                        if let Event::Call { msg_id, .. } = event {
                            *runs.entry(msg_id).or_default() += 1;
                            running.push(msg_id);
                        }
                    }
                    sent.push((id, packet));
                }
                Happening::Answer(index) if !running.is_empty() => {
                    let call = running.swap_remove(index.index(running.len()));
                    let mut body = BytesMut::new();
                    body.put_i64_le(call.0 ^ 0x55);
                    link.session.answer(call, body.clone());
                    answers.insert(call, body);
                }
                Happening::Push => {
                    pushes += 1;
                    link.session.push(pushes.to_le_bytes().to_vec());
                }
                Happening::Deliver => read(link.receive(), &mut seen, &mut pushes_seen),
                Happening::LoseToClient => drop(link.packets()),
                Happening::RepeatToServer(index) if !sent.is_empty() => {
                    let packet = sent[index.index(sent.len())].1.clone();
                    for event in link.deliver(packet) {
                        if let Event::Call { msg_id, .. } = event {
                            *runs.entry(msg_id).or_default() += 1;
                        }
                    }
                }
                Happening::Reconnect => link.session.reconnected(),
                Happening::Acknowledge => link.acknowledge(),
                Happening::Pass(seconds) => link.pass(i64::from(seconds) / 8),
                Happening::Answer(_) | Happening::RepeatToServer(_) => {}
            }
        }
        link.session.reconnected();
        read(link.receive(), &mut seen, &mut pushes_seen);
        prop_assert!(runs.values().all(|runs| *runs == 1));
        for (call, body) in &answers {
            prop_assert_eq!(seen.get(call).map(Vec::as_slice), Some(&body[..]));
        }
        prop_assert_eq!(pushes_seen.len(), pushes as usize);
        prop_assert!(!link.session.take_pushes_lost());
    }
}
