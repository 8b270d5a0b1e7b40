//! Invitations, passkeys and sessions, through a software authenticator.

use crate::staff::Role;
use crate::staff::{INVITATION_S, Roles, dismiss, invite};
use crate::tests::{House, NOW_S, urlencoded};
use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use serde_json::Value;
use webauthn_rs::prelude::Url;

struct Present;

#[async_trait::async_trait]
impl UserValidationMethod for Present {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Self::PasskeyItem>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck {
            presence,
            verification,
        })
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }
}

/// A security key with one place.
#[derive(Default)]
struct Device(Option<Passkey>);

/// The value of an attribute or hidden field of a page, unescaped.
fn read(page: &str, before: &str) -> String {
    let start = page
        .find(before)
        .unwrap_or_else(|| panic!("{before}: {page}"))
        + before.len();
    let value = page[start..].split('"').next().expect("a quote");
    value
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

fn origin() -> Url {
    "http://localhost:8443".parse().expect("an address")
}

/// Registers at the page of an invitation: the fields of its form.
async fn register(device: &mut Device, page: &str) -> [(&'static str, String); 2] {
    let options = format!("{{\"publicKey\":{}}}", read(page, "data-options=\""));
    let options: CredentialCreationOptions = serde_json::from_str(&options).expect("options");
    let key = Authenticator::new(
        Aaguid::new_empty(),
        device.0.clone(),
        Present,
        RustCryptoBackend,
    );
    let mut client = Client::new(key).allows_insecure_localhost(true);
    let made = client
        .register(&origin(), options, DefaultClientData)
        .await
        .expect("made");
    device.0.clone_from(client.authenticator().store());
    let credential = as_browsers_write(serde_json::to_value(&made).expect("JSON")).to_string();
    [
        ("state", read(page, "name=\"state\" value=\"")),
        ("credential", credential),
    ]
}

/// Answers a sign-in page: the fields of its form.
async fn answer(device: &mut Device, page: &str) -> [(&'static str, String); 2] {
    let options = format!("{{\"publicKey\":{}}}", read(page, "data-options=\""));
    let options: CredentialRequestOptions = serde_json::from_str(&options).expect("options");
    let key = Authenticator::new(
        Aaguid::new_empty(),
        device.0.clone(),
        Present,
        RustCryptoBackend,
    );
    let mut client = Client::new(key).allows_insecure_localhost(true);
    let made = client
        .authenticate(&origin(), options, DefaultClientData)
        .await
        .expect("made");
    device.0.clone_from(client.authenticator().store());
    let credential = as_browsers_write(serde_json::to_value(&made).expect("JSON")).to_string();
    [
        ("state", read(page, "name=\"state\" value=\"")),
        ("credential", credential),
    ]
}

/// The authenticator's library writes bytes as lists of numbers; browsers write them in Base 64.
fn as_browsers_write(value: Value) -> Value {
    let bytes: Option<Vec<u8>> = value.as_array().and_then(|list| {
        let byte = |item: &Value| u8::try_from(item.as_u64()?).ok();
        list.iter().map(byte).collect()
    });
    match (bytes, value) {
        (Some(bytes), _) if !bytes.is_empty() => URL_SAFE_NO_PAD.encode(bytes).into(),
        (_, Value::Object(members)) => {
            let written = members.into_iter().filter(|(_, member)| !member.is_null());
            written
                .map(|(name, member)| (name, as_browsers_write(member)))
                .collect()
        }
        (_, other) => other,
    }
}

fn borrowed<'a>(fields: &'a [(&'static str, String); 2]) -> Vec<(&'a str, &'a str)> {
    fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

fn invited(house: &House, name: &str, role: Role) -> String {
    let roles = Roles::new([role]).expect("a role");
    let link = invite(
        &house.desk,
        &house.installation,
        &*house.entropy,
        name,
        &roles,
        house.now_s(),
    );
    let link = link.expect("invited");
    link.strip_prefix("http://localhost:8443")
        .expect("of this installation")
        .to_owned()
}

#[tokio::test]
async fn an_invitation_leads_to_a_passkey_and_the_passkey_to_the_desk() {
    let house = House::new();
    let path = invited(&house, "Ines <b>", Role::Officer);
    let mut device = Device::default();
    let page = house.page(&path, "").await;
    assert!(page.contains("Ines &lt;b&gt;") && page.contains("Your role: officer."));
    let fields = register(&mut device, &page).await;
    let enrolled = house.send(urlencoded(&path, "", &borrowed(&fields))).await;
    assert_eq!(
        enrolled.location(),
        "/console/sign-in",
        "{}",
        enrolled.text()
    );
    // The link is used up, for the page and for the form.
    assert_eq!(house.get(&path).await.status, StatusCode::NOT_FOUND);
    let again = house.send(urlencoded(&path, "", &borrowed(&fields))).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);

    let page = house.page("/console/sign-in", "").await;
    let fields = answer(&mut device, &page).await;
    let signed_in = house
        .send(urlencoded("/console/sign-in", "", &borrowed(&fields)))
        .await;
    assert_eq!(signed_in.location(), "/console", "{}", signed_in.text());
    let cookie = signed_in.header("set-cookie");
    for part in [
        "__Host-desk=",
        "; Path=/",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Strict",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(cookie.contains("Max-Age=43200"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    assert!(
        house
            .page("/console", &cookie)
            .await
            .contains("Ines &lt;b&gt;")
    );
    // What was sent once does not count twice.
    let again = house
        .send(urlencoded("/console/sign-in", "", &borrowed(&fields)))
        .await;
    assert_eq!(again.status, StatusCode::FORBIDDEN);
    assert_eq!(again.header("set-cookie"), "");
}

#[tokio::test]
async fn an_old_page_a_foreign_passkey_and_a_disabled_person_do_not_sign_in() {
    let house = House::new();
    let path = invited(&house, "Ines", Role::Auditor);
    let mut device = Device::default();
    let fields = register(&mut device, &house.page(&path, "").await).await;
    let enrolled = house.send(urlencoded(&path, "", &borrowed(&fields))).await;
    assert_eq!(enrolled.location(), "/console/sign-in");

    let page = house.page("/console/sign-in", "").await;
    let fields = answer(&mut device, &page).await;
    house.clock.pass(300);
    let old = house
        .send(urlencoded("/console/sign-in", "", &borrowed(&fields)))
        .await;
    assert_eq!(old.status, StatusCode::FORBIDDEN);

    // Invited anew: the old passkey ends with the new invitation.
    let path = invited(&house, "Ines", Role::Auditor);
    let page = house.page("/console/sign-in", "").await;
    let fields = answer(&mut device, &page).await;
    let foreign = house
        .send(urlencoded("/console/sign-in", "", &borrowed(&fields)))
        .await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let everyone = house.desk.view(|view| {
        let everyone = view.all_staff()?;
        Ok(everyone)
    });
    let everyone = everyone
        .map_err(|error: heliograph_desk_store::DeskError| error)
        .expect("read");
    assert_eq!(everyone.len(), 1);

    // A link that has expired.
    house.clock.pass(INVITATION_S);
    assert_eq!(house.get(&path).await.status, StatusCode::NOT_FOUND);
    for garbage in ["", "{}", "{\"id\":\"x\"}"] {
        let fields = [("state", "x"), ("credential", garbage)];
        let answer = house
            .send(urlencoded("/console/sign-in", "", &fields))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{garbage}");
        assert_eq!(answer.header("set-cookie"), "");
    }
    assert!(NOW_S < house.now_s());
}

#[tokio::test]
async fn whoever_was_dismissed_is_out_at_once_and_for_good() {
    let house = House::new();
    let path = invited(&house, "Ines", Role::Officer);
    let mut device = Device::default();
    let fields = register(&mut device, &house.page(&path, "").await).await;
    house.send(urlencoded(&path, "", &borrowed(&fields))).await;
    let sign_in = async |device: &mut Device| {
        let page = house.page("/console/sign-in", "").await;
        let fields = answer(device, &page).await;
        house
            .send(urlencoded("/console/sign-in", "", &borrowed(&fields)))
            .await
    };
    let signed_in = sign_in(&mut device).await;
    let cookie = signed_in.header("set-cookie").to_owned();
    let cookie = cookie.split(';').next().expect("a pair");
    house.page("/console", cookie).await;
    assert!(dismiss(&house.desk, "Ines", NOW_S).expect("done"));
    let request = Request::get("/console").header(COOKIE, cookie);
    let out = house
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(out.location(), "/console/sign-in");
    assert_eq!(sign_in(&mut device).await.status, StatusCode::FORBIDDEN);
    assert!(!dismiss(&house.desk, "Ines", NOW_S).expect("done"));
}

#[tokio::test]
async fn a_registration_counts_for_its_own_invitation_only() {
    let house = House::new();
    let (one, two) = (
        invited(&house, "Ines", Role::Officer),
        invited(&house, "Jo", Role::Auditor),
    );
    let mut device = Device::default();
    let fields = register(&mut device, &house.page(&one, "").await).await;
    let crossed = house.send(urlencoded(&two, "", &borrowed(&fields))).await;
    assert_eq!(crossed.status, StatusCode::FORBIDDEN);
    assert_eq!(house.get(&two).await.status, StatusCode::OK);
}
