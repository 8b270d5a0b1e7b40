//! What an operator reads first: that there is no account yet, and what is missing before others
//! can come.

use super::escape;
use crate::settings::{CodesBy, Settings};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use heliograph_api::Services;
use heliograph_console::record::Snapshot;
use heliograph_domain::accounts::{self, Registration};
use heliograph_store::StoreError;
use heliograph_transparency::verify::Level;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::Shared;

/// What a page can say of the beginning of an installation.
pub(in super::super) struct FirstSteps {
    services: Option<Arc<Services>>,
    /// Whether nobody has an account. Once somebody had one it is never asked for again.
    empty: AtomicBool,
    registration: Registration,
    codes_on_console: bool,
    lacks: Vec<Lack>,
    /// What a command of the operator ends with: `--data` where the folder is not the usual one.
    data: String,
}

/// Something that is missing before people elsewhere can use the server.
struct Lack {
    what: &'static str,
    mended_by: String,
}

/// Looks whether there is an account by now, before a page is made.
pub(in super::super) async fn look(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(error) = shared.first_steps.look().await {
        tracing::error!(%error, "accounts_not_counted");
    }
    next.run(request).await
}

impl FirstSteps {
    /// What these settings lack. Without `services` nobody counts accounts, and there are some.
    pub fn of(settings: &Settings, services: Option<Arc<Services>>) -> Self {
        let data = settings.data.display().to_string();
        Self {
            empty: AtomicBool::new(services.is_some()),
            services,
            registration: settings.registration,
            codes_on_console: matches!(settings.codes, CodesBy::Console),
            lacks: lacks(settings),
            data: match data.as_str() {
                "./data" | "data" => String::new(),
                data => format!(" --data {data}"),
            },
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        let Some(services) = &self.services else {
            return Ok(());
        };
        if self.empty.load(Ordering::Relaxed) {
            let mut view = services.store.view().await?;
            let accounts = accounts::count(&mut *view).await?;
            self.empty.store(accounts == 0, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether nobody had an account when this was looked at last.
    pub fn is_empty(&self) -> bool {
        self.empty.load(Ordering::Relaxed)
    }

    /// How the first account is made, while there is none.
    pub fn first_account(&self) -> Option<String> {
        if !self.is_empty() {
            return None;
        }
        let code = if self.codes_on_console {
            "The code appears where the server runs, in its terminal or journal."
        } else {
            "The code comes by the way that the operator has set."
        };
        let afterwards = match self.registration {
            Registration::Open => "Afterwards anybody with a number can make one.".to_owned(),
            Registration::Invite => format!(
                "Afterwards only numbers that were invited can make one: \
                 <code>heliograph admin account invite +493012345678{}</code>.",
                escape(&self.data)
            ),
            Registration::Closed => "Afterwards nobody can make one.".to_owned(),
        };
        Some(format!(
            "<section aria-labelledby=\"first\">\n\
             <h2 id=\"first\">Make the first account</h2>\n\
             <p>Nobody has an account here yet. <a href=\"/\">Open the page</a>, and type a phone \
             number in international form. {code} Then type a name.</p>\n\
             <p>Whoever comes first can make this account, so do it before others know the \
             address. {afterwards}</p>\n</section>\n"
        ))
    }

    /// What is missing before others can come, each with what mends it; for the operator alone.
    pub fn missing(&self, log: Option<&Snapshot>) -> String {
        let mut rows = String::new();
        let mut row = |what: &str, mended_by: &str| {
            let mended_by = escape(mended_by);
            let _ = write!(
                rows,
                "<li><p>{what}</p>\n<pre class=\"command\" tabindex=\"0\" aria-label=\"What mends it\"><code>\
                 {mended_by}\n</code></pre></li>\n"
            );
        };
        for lack in &self.lacks {
            row(lack.what, &lack.mended_by);
        }
        if log.is_some_and(|log| log.ledger.officers().is_none()) {
            let invite = format!(
                "heliograph admin staff invite \"A. Name\" --role officer{}",
                self.data
            );
            row(
                "There are no officers: no phone number and no address is stored, and no order is \
                 taken. Invite at least three people, who then hold their key ceremony \
                 (docs/ceremony.md; they can try it before with \
                 <code>heliograph-officer practice</code>).",
                &invite,
            );
        }
        if log.is_none_or(|log| log.trust == Level::SelfAttested) {
            row(
                "No witness has vouched for the public log. Somebody outside your house runs \
                 <code>heliograph-witness</code> (docs/ceremony.md); you name it in a file.",
                "witnesses = \"witnesses.policy\"",
            );
        }
        if rows.is_empty() {
            return String::new();
        }
        format!(
            "<section aria-labelledby=\"missing\">\n\
             <h2 id=\"missing\">What is missing before others come</h2>\n\
             <p>You see this because you came from the machine itself. Lines go into \
             <code>heliograph.toml</code>, and hold after a restart; docs/operating.md goes through \
             them.</p>\n<ul class=\"steps\">\n{rows}</ul>\n</section>\n"
        )
    }
}

/// What the settings lack.
fn lacks(settings: &Settings) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let mut lack = |what, mended_by: &str| {
        lacks.push(Lack {
            what,
            mended_by: mended_by.to_owned(),
        });
    };
    if settings.listen.ip().is_loopback() && settings.origin.is_none() {
        lack(
            "The server listens on this machine only: nobody else reaches it. Telegram’s clients \
             encrypt by themselves, and need no certificate.",
            "listen = \"0.0.0.0:443\"",
        );
    }
    if settings.origin.is_none() {
        lack(
            "There is no public web address, and no TLS: browsers elsewhere and the passkeys of \
             staff need both. A proxy in front holds the certificate.",
            "origin = \"https://chat.example.org\"\ntrusted-proxies = [\"127.0.0.1/32\"]",
        );
    }
    if !matches!(settings.codes, CodesBy::Webhook { .. }) {
        lack(
            "Sign-in codes stay on this machine, for you to read. Others get theirs through a \
             service that you name.",
            "codes = \"webhook:https://sms.example.org/send\"",
        );
    }
    if settings.operator.name.is_empty() || settings.operator.contact.is_empty() {
        lack(
            "The pages do not say who runs this server.",
            "operator = \"Example Society\"\nseat = \"DE\"\ncontact = \"desk@example.org\"",
        );
    }
    lacks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Flags;

    fn first_steps(flags: &[&str]) -> FirstSteps {
        let flags = Flags::parse(flags).expect("flags that exist");
        let settings = Settings::read(flags, []).unwrap_or_else(|error| panic!("{error}"));
        let steps = FirstSteps::of(&settings, None);
        steps.empty.store(true, Ordering::Relaxed);
        steps
    }

    #[test]
    fn each_thing_that_is_missing_is_named_with_what_mends_it() {
        let text = first_steps(&[]).missing(None);
        for line in [
            "listen = &quot;0.0.0.0:443&quot;",
            "origin = &quot;https://",
            "codes = &quot;webhook:",
            "operator = &quot;",
            "witnesses = &quot;",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }

    #[test]
    fn what_is_set_is_not_missing() {
        let text = first_steps(&[
            "--origin",
            "https://chat.example",
            "--codes",
            "webhook:https://sms.example/send",
            "--operator",
            "The Town",
            "--contact",
            "desk@chat.example",
        ])
        .missing(None);
        assert_eq!(text.matches("<li>").count(), 1, "{text}");
        assert!(text.contains("witnesses = "));
    }

    #[test]
    fn the_lines_are_settings_that_the_server_takes() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = |flags: &[&str]| {
            let flags = Flags::parse(flags).expect("flags that exist");
            Settings::read(flags, [])
        };
        let Ok(bare) = settings(&[]) else {
            panic!("nothing has to be set");
        };
        let lines: Vec<_> = lacks(&bare)
            .into_iter()
            .map(|lack| lack.mended_by)
            .collect();
        std::fs::write(folder.path().join("heliograph.toml"), lines.join("\n")).expect("written");
        let data = folder.path().display().to_string();
        let mended = settings(&["--data", &data]).unwrap_or_else(|error| panic!("{error}"));
        assert!(lacks(&mended).is_empty());
    }

    #[test]
    fn the_first_page_says_who_can_register() {
        for (registration, says) in [
            ("open", "anybody with a number"),
            ("invite", "account invite +493012345678 --data /srv/h"),
            ("closed", "Afterwards nobody"),
        ] {
            let steps = first_steps(&["--registration", registration, "--data", "/srv/h"]);
            let text = steps.first_account().expect("there is no account");
            assert!(
                text.contains("Make the first account") && text.contains(says),
                "{text}"
            );
            steps.empty.store(false, Ordering::Relaxed);
            assert_eq!(steps.first_account(), None);
        }
    }
}
