//! Known numbers and addresses go in; none of them may be found in what the server leaves behind.

use crate::person::{call, connect_from, connect_over, refusal, resolve, send_code, sign_in};
use crate::person::{socket_from, text};
use crate::program::{Home, files, run};
use heliograph_tl::{functions as f, types};
use std::net::{IpAddr, Ipv4Addr};
use tokio::io::AsyncWriteExt;

/// People who sign up; none of the digits stands in the source of anything else.
const ADA: &str = "4915735985217";
const BEN: &str = "12025550183461";
/// Somebody in an address book, without an account.
const STRANGER: &str = "393491237465";
/// A number that was invited, and one that is none.
const INVITED: &str = "33755591247";
const NONSENSE: &str = "+999887766554433221100";

/// Where the two come from: the first by itself, the second through a proxy that tells so.
const OF_ADA: Ipv4Addr = Ipv4Addr::new(127, 91, 82, 73);
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 64, 55, 46);
const OF_BEN: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 77);
/// And somebody over IPv6 who gets no further than a broken key exchange.
const OF_NOBODY: &str = "2001:db8:91:82:73:64:55:46";

/// Every form in which a number could be written down.
pub fn forms_of_number(number: &str) -> Vec<Vec<u8>> {
    let digits = number.trim_start_matches('+');
    let mut forms = vec![digits.into(), digits[2..].into()];
    if let Ok(value) = digits.parse::<u64>() {
        let bytes = value.to_be_bytes();
        let bytes = &bytes[value.leading_zeros() as usize / 8..];
        forms.push(bytes.to_vec());
        forms.push(bytes.iter().rev().copied().collect());
        // Seven bits at a time, the lowest first (LEB128).
        let (mut rest, mut packed) = (value, Vec::new());
        while rest > 0 {
            packed.push((rest & 0x7f) as u8 | u8::from(rest > 0x7f) << 7);
            rest >>= 7;
        }
        forms.push(packed);
    }
    // Two digits in a byte, in either order; of an odd number the last is left to stand alone.
    let pairs = || digits.as_bytes().chunks_exact(2);
    forms.push(
        pairs()
            .map(|p| (p[0] - b'0') << 4 | (p[1] - b'0'))
            .collect(),
    );
    forms.push(
        pairs()
            .map(|p| (p[1] - b'0') << 4 | (p[0] - b'0'))
            .collect(),
    );
    forms
}

/// Every form in which an address could be written down.
pub fn forms_of_address(address: IpAddr) -> Vec<Vec<u8>> {
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let hex = bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let mut forms = vec![address.to_string().into_bytes(), hex.into_bytes()];
    // The network alone would tell as much about a home.
    if address.is_ipv6() {
        forms.push(bytes[..8].to_vec());
    }
    forms.push(bytes.iter().rev().copied().collect());
    forms.push(bytes);
    forms
}

fn canaries() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for number in [ADA, BEN, STRANGER, INVITED, NONSENSE] {
        let forms = forms_of_number(number).into_iter();
        all.extend(forms.map(|form| (number.to_owned(), form)));
    }
    let nobody = OF_NOBODY.parse().expect("an address");
    for address in [OF_ADA.into(), PROXY.into(), OF_BEN.into(), nobody] {
        let forms = forms_of_address(address).into_iter();
        all.extend(forms.map(|form| (address.to_string(), form)));
    }
    all
}

/// Names what was found of the canaries in these bytes.
fn found_in(bytes: &[u8]) -> Vec<String> {
    let all = canaries().into_iter();
    let found = all.filter(|(_, form)| bytes.windows(form.len()).any(|window| window == form));
    found
        .map(|(name, form)| format!("{name} as {form:02x?}"))
        .collect()
}

/// The last code that the server printed for a number with this ending.
fn printed_code(home: &Home, phone: &str) -> Option<String> {
    let ending = format!("for the number ending in {}", &phone[phone.len() - 2..]);
    let words = home.words();
    let line = words.lines().rev().find(|line| line.contains(&ending))?;
    let code = line.split_once("sign-in code ")?.1.split(' ').next()?;
    Some(code.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_holds_a_number_or_an_address_after_a_session_or_a_kill() {
    let home = Home::new();
    // Everything is logged, and codes go to the console: what is said is searched as well.
    let flags = [
        "--codes",
        "console",
        "--log",
        "trace",
        "--trusted-proxies",
        "127.64.0.0/16",
    ];
    let server = home.start_with(&flags).expect("it starts");

    let mut ada = connect_from(OF_ADA, &server).await;
    let number = format!("+{ADA}");
    sign_in(&mut ada, &number, || printed_code(&home, ADA)).await;
    let name = f::account::UpdateUsername {
        username: "ada_canary".into(),
    };
    call(&mut ada, &name).await.expect("the name is free");

    let mut line = socket_from(PROXY, server.address)
        .await
        .expect("it listens");
    let header = format!("PROXY TCP4 {OF_BEN} 127.0.0.1 40000 443\r\n");
    line.write_all(header.as_bytes()).await.expect("it reads");
    let mut ben = connect_over(line, &server).await;
    sign_in(&mut ben, BEN, || printed_code(&home, BEN)).await;

    // Somebody breaks off, and somebody sends nonsense.
    for rest in [&b""[..], &[0xee; 400]] {
        let mut line = socket_from(PROXY, server.address)
            .await
            .expect("it listens");
        let header = format!("PROXY TCP6 {OF_NOBODY} ::1 40000 443\r\n");
        line.write_all(header.as_bytes()).await.expect("it reads");
        line.write_all(rest).await.expect("it reads");
    }

    // Whatever takes a number: found, not found, wrong.
    let contacts = [(1, ADA), (2, STRANGER), (3, NONSENSE)].map(|(client_id, phone)| {
        let contact = types::InputPhoneContact {
            client_id,
            phone: phone.into(),
            first_name: "Contact".into(),
            ..Default::default()
        };
        contact.into()
    });
    let import = f::contacts::ImportContacts {
        contacts: contacts.into(),
    };
    call(&mut ben, &import).await.expect("an import");
    call(&mut ben, &f::contacts::ResolvePhone { phone: ADA.into() })
        .await
        .expect("Ada is there");
    let stranger = f::contacts::ResolvePhone {
        phone: STRANGER.into(),
    };
    refusal(&mut ben, &stranger).await;
    refusal(&mut ben, &send_code(NONSENSE)).await;
    let wrong = f::auth::SignIn {
        phone_number: STRANGER.into(),
        phone_code_hash: "nothing".into(),
        phone_code: Some("12345".into()),
        email_verification: None,
    };
    refusal(&mut ben, &wrong).await;
    let data = home.data();
    let data = data.to_str().expect("a path of ours");
    let invited = run(&["admin", "account", "invite", INVITED, "--data", data]);
    assert!(invited.status.success(), "the invitation");

    let peer = resolve(&mut ben, "ada_canary")
        .await
        .expect("Ada has a name");
    call(&mut ben, &text(&peer, "a text that is stored", 1))
        .await
        .expect("a text");
    call(&mut ben, &f::account::GetAuthorizations {})
        .await
        .expect("a list");

    let metrics = server.get("/metrics");
    assert!(metrics.contains("heliograph_connections_total"));
    assert_eq!(found_in(metrics.as_bytes()), [""; 0]);
    // Killed, so that nothing has been tidied away; then once more in order.
    server.kill();
    search(&home);
    home.start_with(&flags).expect("it comes back").stop();
    search(&home);
    home.nothing_panicked();
}

fn search(home: &Home) {
    let mut stored = files(&home.data());
    let names: Vec<String> = stored
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(
        names.iter().any(|name| name.ends_with("heliograph.db")),
        "{names:?}"
    );
    let whole: Vec<u8> = stored.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    let stands = |words: &[u8]| whole.windows(words.len()).any(|window| window == words);
    assert!(
        stands(b"a text that is stored"),
        "the search finds what is there"
    );
    stored.push(("its own words".into(), home.words().into_bytes()));
    for (path, bytes) in stored {
        assert_eq!(found_in(&bytes), [""; 0], "in {}", path.display());
    }
}

#[test]
fn every_form_would_be_found() {
    let written = [
        format!("{{\"phone\":\"+{ADA}\"}}").into_bytes(),
        4_915_735_985_217_i64.to_be_bytes().to_vec(),
        4_915_735_985_217_i64.to_le_bytes().to_vec(),
        vec![0x49, 0x15, 0x73, 0x59, 0x85, 0x21, 0x7f],
        vec![0x94, 0x51, 0x37, 0x95, 0x58, 0x12, 0xf7],
        vec![0, 127, 91, 82, 73, 0],
        0x7f5b_5249_u32.to_le_bytes().to_vec(),
        b"from=127.91.82.73:40000".to_vec(),
        format!("[{OF_NOBODY}]").into_bytes(),
    ];
    for bytes in written {
        assert!(!found_in(&bytes).is_empty(), "{bytes:02x?}");
    }
    assert_eq!(found_in(b"nothing of the kind"), [""; 0]);
}
