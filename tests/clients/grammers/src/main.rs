//! Drives grammers: JSON lines on stdin and stdout, as described in `../python/lines.py`.

mod driver;
mod files;
mod plain;
mod session;
mod square;

use std::error::Error;
use std::fs;
use std::io::Write as _;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, stdin};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Writes one JSON line to the harness.
fn emit(message: &Value) {
    let mut out = std::io::stdout().lock();
    // A harness that has gone away ends this process through stdin.
    let _ = writeln!(out, "{message}").and_then(|()| out.flush());
}

/// Fails unless `lo` is the only network interface of this process's namespace.
fn refuse_outside_loopback() -> Outcome<()> {
    let table = fs::read_to_string("/proc/self/net/dev")?;
    let names: Vec<&str> = table
        .lines()
        .skip(2)
        .filter_map(|line| line.split(':').next())
        .map(str::trim)
        .collect();
    if names == ["lo"] {
        return Ok(());
    }
    Err(
        format!("a client library may only run where lo is the only interface, here: {names:?}")
            .into(),
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    refuse_outside_loopback()?;
    let mut driver = driver::Driver::default();
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let request: Value = serde_json::from_str(&line)?;
        let verb = request["do"].as_str().ok_or("a request has a verb")?;
        let mut answer = match Box::pin(driver.answer(verb, &request)).await {
            Ok(mut answer) => {
                answer["ok"] = json!(true);
                answer
            }
            Err(error) => json!({ "ok": false, "error": error.to_string() }),
        };
        answer["request"] = request["request"].clone();
        emit(&answer);
        if matches!(verb, "disconnect" | "log_out") {
            break;
        }
    }
    Ok(())
}
