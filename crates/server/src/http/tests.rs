//! Tests of the app through real HTTP bytes.

use super::{App, File, MtprotoOverHttp, Parts, Readiness, WebPage, serve};
use crate::client_config::PublicKey;
use crate::net::PeerInfo;
use crate::net::connection::Io;
use crate::settings::{Flags, Settings};
use crate::trust::Trust;
use bytes::Bytes;
use heliograph_mtproto::ServerKey;
use heliograph_mtproto::transport::TransportError;
use heliograph_store::BoxFuture;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// Gives each packet back, with the address that it came from; a WebSocket gets its bytes back.
#[derive(Default)]
struct Echo {
    upgraded: Mutex<Vec<String>>,
}

impl MtprotoOverHttp for Echo {
    fn exchange(
        &self,
        packet: Bytes,
        peer: PeerInfo,
    ) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        Box::pin(async move {
            let answer = [packet.as_ref(), peer.address.to_string().as_bytes()].concat();
            match packet.as_ref() {
                b"bad" => Err(TransportError::KeyNotFound),
                b"too often" => Err(TransportError::Flood),
                _ => Ok(answer.into()),
            }
        })
    }

    fn serve_websocket(&self, mut io: Box<dyn Io>, peer: PeerInfo) -> BoxFuture<'static, ()> {
        let mut upgraded = self.upgraded.lock().expect("nobody panicked");
        upgraded.push(peer.address.to_string());
        Box::pin(async move {
            let mut bytes = [0; 5];
            let _ = io.read_exact(&mut bytes).await;
            let _ = io.write_all(&bytes).await;
        })
    }
}

struct Obstacles(Vec<String>);

impl Readiness for Obstacles {
    fn obstacles(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(std::future::ready(self.0.clone()))
    }
}

fn key() -> PublicKey {
    static PEM: OnceLock<String> = OnceLock::new();
    let pem = PEM.get_or_init(|| {
        let key = ServerKey::generate().expect("a key");
        key.public_pem().expect("PEM")
    });
    PublicKey::read(pem).expect("a key")
}

/// The app with these settings, without a web page.
fn app_with(flags: &[&str], obstacles: &[&str]) -> Arc<App> {
    app_of(flags, obstacles, None)
}

/// The app with a small web page.
fn app_with_page(flags: &[&str]) -> Arc<App> {
    const PAGE: WebPage = WebPage {
        html: "<noscript><main><!--without scripts--></main></noscript><script src=\"/web/app-1.js\">",
        service_worker: "'of build 1'",
        files: &[File {
            name: "app-1.js",
            plain: b"plain",
            gzip: Some(b"gzipped"),
            brotli: Some(b"brotli"),
        }],
    };
    app_of(flags, &[], Some(PAGE))
}

fn app_of(flags: &[&str], obstacles: &[&str], web: Option<WebPage>) -> Arc<App> {
    let flags = Flags::parse(flags).expect("flags that exist");
    let Ok(settings) = Settings::read(flags, []) else {
        panic!("settings that are allowed");
    };
    App::new(Parts {
        trust: Arc::new(Trust::new(settings.trusted_proxies.clone())),
        settings,
        public_key: key(),
        metrics: Arc::default(),
        mtproto: Arc::new(Echo::default()),
        readiness: Arc::new(Obstacles(
            obstacles.iter().map(|text| (*text).to_owned()).collect(),
        )),
        pages: None,
        web,
        bots: axum::Router::new(),
        services: None,
    })
}

fn app() -> Arc<App> {
    app_with(&[], &[])
}

/// A connection to the app from this address.
fn connect(app: &Arc<App>, from: &str) -> DuplexStream {
    let (client, server) = duplex(64 * 1024);
    let peer = PeerInfo {
        address: from.parse().expect("an address"),
        reached: "192.0.2.1:8443".parse().expect("an address"),
    };
    tokio::spawn(serve(server, app.clone(), peer));
    client
}

/// What the app answers to these bytes, up to the end of the connection.
async fn answer(app: &Arc<App>, from: &str, request: &[u8]) -> String {
    let mut client = connect(app, from);
    let (mut reader, mut writer) = tokio::io::split(&mut client);
    let mut response = Vec::new();
    let write = async {
        // The app may refuse before it has read everything.
        let _ = writer.write_all(request).await;
    };
    let ((), read) = tokio::join!(write, reader.read_to_end(&mut response));
    read.expect("a pipe does not fail");
    String::from_utf8_lossy(&response).into_owned()
}

async fn get(app: &Arc<App>, from: &str, path: &str, headers: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    answer(app, from, request.as_bytes()).await
}

async fn post(app: &Arc<App>, from: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "POST /api HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\
         {headers}\r\n{body}"
    );
    answer(app, from, request.as_bytes()).await
}

const NEAR: &str = "127.0.0.1:5000";
const FAR: &str = "203.0.113.9:5000";

#[tokio::test]
async fn the_landing_page_tells_how_to_connect() {
    let page = get(&app(), FAR, "/", "").await;
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    assert!(page.contains("<code>192.0.2.1:8443</code>"));
    assert!(page.contains(&key().fingerprint().to_string()));
    assert!(page.contains("self-attested"));
    assert!(page.contains("TelegramClient"));
    assert!(!page.contains("<script"));
    let page = get(
        &app_with(&["--advertise", "198.51.100.7:443"], &[]),
        FAR,
        "/",
        "",
    )
    .await;
    assert!(page.contains("<code>198.51.100.7:443</code>"));
}

#[tokio::test]
async fn the_web_page_stands_at_the_front_and_how_to_connect_beside_it() {
    let app = app_with_page(&[]);
    let page = get(&app, FAR, "/", "").await;
    assert!(page.contains("<script src="), "{page}");
    // Whoever runs no scripts reads what a server without the page shows.
    assert!(page.contains("<code>192.0.2.1:8443</code>"), "{page}");
    let policy =
        "content-security-policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval';";
    assert!(page.contains(policy), "{page}");
    assert!(!page.contains("unsafe-inline"));
}

#[tokio::test]
async fn how_to_connect_names_every_way_and_runs_one_script_of_ours() {
    for app in [app_with_page(&[]), app()] {
        let page = get(&app, FAR, "/connect", "").await;
        for way in [
            "TelegramClient",
            "--for tdesktop --address 192.0.2.1:8443",
            "--for tdlib",
            "--for mtproxy",
            "<code>8443</code>",
            "QR code: http://192.0.2.1:8443",
        ] {
            assert!(page.contains(way), "{way}: {page}");
        }
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains("<script src=\"/copy.js\" defer></script>"));
        let policy = "content-security-policy: default-src 'none'; script-src 'self'; style-src";
        assert!(page.contains(policy), "{page}");
        assert!(!page.contains("unsafe"), "{page}");
    }
    let script = get(&app(), FAR, "/copy.js", "").await;
    assert!(script.contains("content-type: text/javascript"), "{script}");
}

#[tokio::test]
async fn a_code_leads_telephones_to_the_name_of_the_house() {
    let app = app_with(&["--origin", "https://chat.example"], &[]);
    let page = get(&app, FAR, "/connect", "").await;
    assert!(page.contains("QR code: https://chat.example\""), "{page}");
    // A code for this machine would lead a telephone to itself.
    let app = app_with(&["--advertise", "127.0.0.1:8443"], &[]);
    let page = get(&app, FAR, "/connect", "").await;
    assert!(!page.contains("QR code"), "{page}");
}

#[tokio::test]
async fn a_link_with_a_secret_is_shown_to_the_machine_itself_alone() {
    let secret = "00112233445566778899aabbccddeeff";
    let app = app_with(&["--mtproxy-secret", secret], &[]);
    let link = format!("tg://proxy?server=192.0.2.1&amp;port=8443&amp;secret={secret}");
    let page = get(&app, NEAR, "/connect", "").await;
    assert!(page.contains(&format!("<code>{link}</code>")), "{page}");
    assert!(page.contains(&format!("QR code: {link}")));
    for (from, path, headers) in [
        (FAR, "/connect", ""),
        (FAR, "/", ""),
        (NEAR, "/connect", "x-forwarded-for: 203.0.113.9\r\n"),
    ] {
        let page = get(&app, from, path, headers).await;
        assert!(!page.contains(secret), "{page}");
        assert!(page.contains("ask the operator for one"));
    }
    // Behind a proxy that nobody declared, everybody seems to be on this machine.
    let behind = [
        "--mtproxy-secret",
        secret,
        "--listen",
        "127.0.0.1:8443",
        "--origin",
        "https://chat.example",
    ];
    let page = get(&app_with(&behind, &[]), NEAR, "/connect", "").await;
    assert!(!page.contains(secret), "{page}");
}

#[tokio::test]
async fn the_profile_of_telegram_desktop_is_there_to_be_taken() {
    let answer = get(&app(), FAR, "/connect/tdesktop.zip", "").await;
    assert!(answer.contains("content-type: application/zip"), "{answer}");
    assert!(answer.contains("filename=\"heliograph-tdesktop.zip\""));
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(body.starts_with("PK\u{3}\u{4}"), "a ZIP archive");
    assert!(body.contains("heliograph-tdesktop/tdata/key_datas"));
}

#[tokio::test]
async fn what_is_missing_is_told_to_the_machine_itself_alone() {
    let app = app();
    let told = "listen = &quot;0.0.0.0:443&quot;";
    assert!(get(&app, NEAR, "/connect", "").await.contains(told));
    for (from, headers) in [
        (FAR, ""),
        (NEAR, "x-forwarded-for: 203.0.113.9\r\n"),
        (NEAR, "via: 1.1 proxy\r\n"),
    ] {
        let page = get(&app, from, "/connect", headers).await;
        assert!(!page.contains(told), "{page}");
    }
}

#[tokio::test]
async fn the_web_page_is_sent_again_only_when_it_changed() {
    let app = app_with_page(&[]);
    let page = get(&app, FAR, "/", "").await;
    assert!(page.contains("cache-control: no-cache\r\n"), "{page}");
    let (_, rest) = page.split_once("etag: ").expect("a tag");
    let (tag, _) = rest.split_once("\r\n").expect("a line");
    let again = get(&app, FAR, "/", &format!("if-none-match: W/{tag}\r\n")).await;
    assert!(again.starts_with("HTTP/1.1 304 "), "{again}");
    let other = get(&app, FAR, "/", "if-none-match: \"old\"\r\n").await;
    assert!(other.starts_with("HTTP/1.1 200 "), "{other}");
}

#[tokio::test]
async fn a_file_of_the_page_comes_as_small_as_the_browser_takes_it() {
    let app = app_with_page(&[]);
    for (takes, body, encoding) in [
        ("gzip, deflate, br", "brotli", "br"),
        ("gzip, br;q=0", "gzipped", "gzip"),
        ("identity", "plain", ""),
    ] {
        let header = format!("accept-encoding: {takes}\r\n");
        let answer = get(&app, FAR, "/web/app-1.js", &header).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{body}")), "{answer}");
        assert!(answer.contains("immutable") && answer.contains("vary: accept-encoding"));
        assert!(answer.contains("content-type: text/javascript"));
        let told = answer.contains(&format!("content-encoding: {encoding}\r\n"));
        assert_eq!(told, !encoding.is_empty(), "{answer}");
    }
    let known = "if-none-match: \"app-1.js\"\r\n";
    let answer = get(&app, FAR, "/web/app-1.js", known).await;
    assert!(answer.starts_with("HTTP/1.1 304 "), "{answer}");
    let answer = get(&app, FAR, "/web/nothing.js", "").await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn the_service_worker_is_asked_for_each_time_and_runs_under_the_pages_policy() {
    let answer = get(&app_with_page(&[]), FAR, "/service-worker.js", "").await;
    assert!(answer.ends_with("'of build 1'"), "{answer}");
    assert!(answer.contains("cache-control: no-cache\r\n"), "{answer}");
    assert!(answer.contains("content-type: text/javascript"), "{answer}");
    assert!(answer.contains("connect-src 'self'"), "{answer}");
    // A browser that kept one of a server with a page hears that there is none any more.
    let answer = get(&app(), FAR, "/service-worker.js", "").await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

#[tokio::test]
async fn the_page_is_told_the_facts_of_the_house() {
    let flags = ["--operator", "The \"Town\"", "--registration", "closed"];
    let answer = get(&app_with(&flags, &[]), FAR, "/web/facts.json", "").await;
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let facts: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(facts["operator"], "The \"Town\"");
    assert_eq!(facts["registration"], "closed");
    assert_eq!(facts["trust"], "self-attested");
    assert_eq!(facts["fingerprint"], key().fingerprint().to_string());
    assert_eq!(facts["public_key"], key().pem());
}

#[tokio::test]
async fn owpengrams_apps_are_told_key_and_name() {
    for (flags, name) in [
        (&["--operator", "The Town"][..], "The Town"),
        (&[], "Heliograph"),
    ] {
        let answer = get(&app_with(flags, &[]), FAR, "/owpengram/server-info", "").await;
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        let told: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(told["rsa_public_key_pem"], key().pem());
        assert_eq!((&told["dc_id"], &told["name"]), (&2.into(), &name.into()));
        assert_eq!(told["has_icon"], false);
    }
}

#[tokio::test]
async fn the_public_key_is_there_to_be_taken() {
    let answer = get(&app(), FAR, "/server.pub.pem", "").await;
    assert!(answer.ends_with(key().pem()), "{answer}");
}

#[tokio::test]
async fn every_page_forbids_scripts_and_frames() {
    for path in [
        "/",
        "/connect",
        "/connect/tdesktop.zip",
        "/copy.js",
        "/service-worker.js",
        "/web/facts.json",
        "/owpengram/server-info",
        "/style.css",
        "/server.pub.pem",
        "/healthz",
        "/nowhere",
        "/apiws",
    ] {
        let answer = get(&app(), FAR, path, "").await;
        assert!(
            answer.contains("content-security-policy: default-src 'none';"),
            "{answer}"
        );
        assert!(
            answer.contains("x-content-type-options: nosniff"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn an_unknown_path_has_a_page_of_its_own() {
    let answer = get(&app(), FAR, "/wp-login.php", "").await;
    assert!(answer.starts_with("HTTP/1.1 404 "));
    assert!(answer.contains("<h1>Not found</h1>"));
}

#[tokio::test]
async fn readiness_names_what_is_missing() {
    let well = get(&app(), FAR, "/readyz", "").await;
    assert!(
        well.starts_with("HTTP/1.1 200 ") && well.contains("{\"ready\":true,"),
        "{well}"
    );
    let ill = get(&app_with(&[], &["no keeper"]), FAR, "/readyz", "").await;
    assert!(ill.starts_with("HTTP/1.1 503 "), "{ill}");
    assert!(
        ill.contains("{\"ready\":false,\"reasons\":[\"no keeper\"]"),
        "{ill}"
    );
    assert!(
        get(&app(), FAR, "/healthz", "")
            .await
            .ends_with("\r\n\r\nok\n")
    );
}

#[tokio::test]
async fn readiness_warns_of_a_proxy_that_was_not_declared() {
    let origin = ["--origin", "https://chat.example.org"];
    let warned = get(&app_with(&origin, &[]), NEAR, "/readyz", "").await;
    assert!(warned.starts_with("HTTP/1.1 200 ") && warned.contains("trusted-proxies"));
    let declared = [&origin[..], &["--trusted-proxies", "127.0.0.1"]].concat();
    let fine = get(&app_with(&declared, &[]), NEAR, "/readyz", "").await;
    assert!(fine.contains("\"warnings\":[]"), "{fine}");
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_for_the_token() {
    let status = async |app: &Arc<App>, from, headers| {
        let answer = get(app, from, "/metrics", headers).await;
        answer["HTTP/1.1 ".len()..][..3].to_owned()
    };
    let token = app_with(&["--metrics-token", "a-token-of-sixteen-letters"], &[]);
    let right = "authorization: Bearer a-token-of-sixteen-letters\r\n";
    assert_eq!(status(&app(), NEAR, "").await, "200");
    assert_eq!(status(&app(), FAR, "").await, "403");
    assert_eq!(
        status(&app(), FAR, "authorization: Bearer \r\n").await,
        "403"
    );
    assert_eq!(status(&token, FAR, right).await, "200");
    assert_eq!(
        status(&token, FAR, "authorization: Bearer a-token\r\n").await,
        "403"
    );
    for passed_on in [
        "x-forwarded-for: 203.0.113.9\r\n",
        "forwarded: for=1.1.1.1\r\n",
        "via: 1.1 x\r\n",
    ] {
        assert_eq!(status(&app(), NEAR, passed_on).await, "403");
    }
}

#[tokio::test]
async fn a_packet_is_answered_with_a_packet_for_pages_of_any_origin() {
    let answer = post(&app(), FAR, "", "packet ").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("access-control-allow-origin: *\r\n"));
    assert!(answer.ends_with("\r\n\r\npacket 203.0.113.9:5000"));
    let refused = post(&app(), FAR, "", "bad").await;
    assert!(
        refused.starts_with("HTTP/1.1 404 ") && refused.ends_with("\r\n\r\n"),
        "{refused}"
    );
    let flood = post(&app(), FAR, "", "too often").await;
    assert!(flood.starts_with("HTTP/1.1 429 "), "{flood}");
}

#[tokio::test]
async fn a_browser_is_told_that_it_may_call() {
    let request = b"OPTIONS /apiw1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = answer(&app(), FAR, request).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    assert!(answer.contains("access-control-allow-methods: POST, OPTIONS\r\n"));
}

#[tokio::test]
async fn the_address_in_a_header_counts_only_from_a_trusted_hop() {
    let header = "x-forwarded-for: 198.51.100.7\r\n";
    let told = post(&app(), FAR, header, "").await;
    assert!(told.ends_with("203.0.113.9:5000"), "{told}");
    let trusting = app_with(&["--trusted-proxies", "203.0.113.0/24"], &[]);
    let told = post(&trusting, FAR, header, "").await;
    assert!(told.ends_with("198.51.100.7:0"), "{told}");
}

#[tokio::test]
async fn a_body_larger_than_a_packet_is_refused() {
    let large = "x".repeat(2 << 20);
    let answer = post(&app(), FAR, "", &large).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let request = "POST /api HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n200000\r\n";
    let chunked = [request, &large].concat();
    let answer = super::tests::answer(&app(), FAR, chunked.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn a_head_without_end_closes_the_connection() {
    let endless = format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(100_000));
    let answer = answer(&app(), FAR, endless.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_closes() {
    let mut client = connect(&app(), FAR);
    let mut response = Vec::new();
    let began = tokio::time::Instant::now();
    let read = client.read_to_end(&mut response).await;
    assert!(read.is_ok() && began.elapsed().as_secs() <= 60);
    // So does one that has been answered and asks for nothing more.
    let mut client = connect(&app(), FAR);
    let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    client.write_all(request).await.expect("a pipe");
    let began = tokio::time::Instant::now();
    let read = client.read_to_end(&mut response).await;
    assert!(read.is_ok() && began.elapsed().as_secs() <= 60);
}

const UPGRADE: &str = "GET /apiws HTTP/1.1\r\nhost: x\r\nupgrade: WebSocket\r\n\
    connection: keep-alive, Upgrade\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: binary\r\n\r\n";

#[tokio::test]
async fn a_websocket_is_handed_over_with_its_first_bytes() {
    let bytes = [UPGRADE.as_bytes(), b"hello"].concat();
    let answer = answer(&app(), FAR, &bytes).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    // The key and its answer are those of RFC 6455, section 1.3.
    let folded = answer.to_ascii_lowercase();
    assert!(
        answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        "{answer}"
    );
    assert!(folded.contains("sec-websocket-protocol: binary\r\n"));
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
}

#[tokio::test]
async fn a_websocket_request_that_lacks_something_is_refused() {
    for (part, instead, status) in [
        ("upgrade: WebSocket\r\n", "", "426"),
        ("keep-alive, Upgrade", "keep-alive", "426"),
        ("version: 13", "version: 8", "400"),
        ("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", "400"),
        ("protocol: binary", "protocol: chat", "400"),
    ] {
        let request = UPGRADE
            .replace(part, instead)
            .replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
        let answer = answer(&app(), FAR, request.as_bytes()).await;
        assert_eq!(&answer["HTTP/1.1 ".len()..][..3], status, "{part}");
    }
}
