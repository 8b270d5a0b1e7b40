//! The narration: for people as text, for scripts as one JSON object a chapter.

use serde::Serialize;
use std::io::{self, IsTerminal as _, Write};

/// Tells what happens, chapter by chapter.
pub struct Told {
    json: bool,
    number: u32,
    chapter: Option<Chapter>,
}

/// One chapter, as it is printed for scripts.
#[derive(Serialize)]
struct Chapter {
    event: &'static str,
    number: u32,
    title: String,
    lines: Vec<String>,
}

#[derive(Serialize)]
struct Ended<'a> {
    event: &'static str,
    held: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    broke: Option<&'a str>,
    data: Option<&'a str>,
}

impl Told {
    /// A narration on the standard output.
    pub fn new(json: bool) -> Self {
        Told {
            json,
            number: 0,
            chapter: None,
        }
    }

    /// Begins a chapter.
    pub fn chapter(&mut self, title: &str) -> io::Result<()> {
        self.close()?;
        self.number += 1;
        if self.json {
            self.chapter = Some(Chapter {
                event: "chapter",
                number: self.number,
                title: title.to_owned(),
                lines: Vec::new(),
            });
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let (bold, plain) = if out.is_terminal() {
            ("\x1b[1m", "\x1b[0m")
        } else {
            ("", "")
        };
        writeln!(out, "\n{bold}{:>2}. {title}{plain}", self.number)
    }

    /// Says something, a paragraph or several lines.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for line in text.lines() {
            match &mut self.chapter {
                Some(chapter) => chapter.lines.push(line.to_owned()),
                None if line.is_empty() => writeln!(out)?,
                None => writeln!(out, "    {line}")?,
            }
        }
        Ok(())
    }

    /// Shows a text that was made by the system itself, set apart from the narration.
    pub fn show(&mut self, text: &str) -> io::Result<()> {
        for line in text.lines() {
            self.say(&format!("| {line}"))?;
        }
        Ok(())
    }

    /// The end: what broke, if something did, and where the data is, if it is kept.
    pub fn end(&mut self, broke: Option<&str>, data: Option<&str>) -> io::Result<()> {
        self.close()?;
        if !self.json {
            return Ok(());
        }
        let ended = Ended {
            event: "ended",
            held: broke.is_none(),
            broke,
            data,
        };
        print_json(&ended)
    }

    fn close(&mut self) -> io::Result<()> {
        match self.chapter.take() {
            Some(chapter) => print_json(&chapter),
            None => Ok(()),
        }
    }
}

/// How far a long step is, on the standard error output.
pub fn progress(what: &str, done: u32, of: u32) {
    let mut out = io::stderr().lock();
    if !out.is_terminal() {
        return;
    }
    let filled = (done * 30 / of.max(1)) as usize;
    let bar = "#".repeat(filled) + &".".repeat(30 - filled);
    // Nobody is harmed by a bar that cannot be drawn.
    let _ = write!(out, "\r    {what} [{bar}] {done}/{of}");
    if done == of {
        let _ = write!(out, "\r\x1b[2K");
    }
    let _ = out.flush();
}

fn print_json(value: &impl Serialize) -> io::Result<()> {
    let line = serde_json::to_string(value).expect("texts and numbers are always JSON");
    writeln!(io::stdout().lock(), "{line}")
}
