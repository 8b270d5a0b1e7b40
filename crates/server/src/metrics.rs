//! What the server counts, and how `/metrics` prints it.
//!
//! No label and no value comes from a user: every series is named here, so the page stays small and
//! tells nothing about anybody.

use heliograph_api::Rate;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts one more.
    pub fn add_one(&self) {
        self.add(1);
    }

    /// Counts `more`.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Begins to count anew.
    pub fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// How many there were since the start.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that rises and falls.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// One more, until what this returns is dropped.
    pub fn enter(&self) -> Entered<'_> {
        self.add(1);
        Entered(self)
    }

    /// Raises (or, if negative, lowers) it.
    pub fn add(&self, more: i64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many there are now.
    pub fn count(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Keeps a [`Gauge`] raised by one.
#[derive(Debug)]
pub struct Entered<'a>(&'a Gauge);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.add(-1);
    }
}

/// Upper bounds of the latency classes, in microseconds: from a warm read to a stalled disk.
const BOUNDS_US: [u64; 12] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_000_000,
];

/// How long something took, in classes.
#[derive(Debug, Default)]
pub struct Histogram {
    /// One per bound, and one for what took longer.
    classes: [AtomicU64; BOUNDS_US.len() + 1],
    sum_us: AtomicU64,
}

impl Histogram {
    /// Notes one duration.
    pub fn record(&self, took: Duration) {
        let us = took.as_micros().min(u128::from(u64::MAX)) as u64;
        let class = BOUNDS_US.partition_point(|bound| *bound < us);
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// With an answer.
    Answered,
    /// With an error that the caller can mend (4xx).
    Refused,
    /// With a `FLOOD_WAIT`.
    FloodWait,
    /// With an error of ours (5xx).
    Failed,
}

impl CallOutcome {
    const ALL: [(CallOutcome, &'static str); 4] = [
        (CallOutcome::Answered, "answered"),
        (CallOutcome::Refused, "refused"),
        (CallOutcome::FloodWait, "flood_wait"),
        (CallOutcome::Failed, "failed"),
    ];
}

/// The classes of methods whose time is told apart, in the order of [`Metrics::call_seconds`].
const CLASSES: [(Rate, &str); 7] = [
    (Rate::Free, "free"),
    (Rate::Read, "read"),
    (Rate::Write, "write"),
    (Rate::Send, "send"),
    (Rate::Lookup, "lookup"),
    (Rate::SignIn, "sign_in"),
    (Rate::Part, "part"),
];

/// What the classifier reads. There is no third: what is private has no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classified {
    /// A post of a public channel.
    Post,
    /// How a public channel, group or bot presents itself, alone or with its posts.
    Peer,
}

impl Classified {
    const ALL: [(Classified, &'static str); 2] =
        [(Classified::Post, "post"), (Classified::Peer, "peer")];
}

/// What came of a look of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// Everything became findable.
    LetThrough,
    /// Something was kept back, and the decision about it is carried out.
    KeptBack,
}

impl Looked {
    const ALL: [(Looked, &'static str); 2] = [
        (Looked::LetThrough, "let_through"),
        (Looked::KeptBack, "kept_back"),
    ];
}

/// Everything that is counted. Shared by all parts of the server.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Connections that are open.
    pub connections_open: Gauge,
    /// Connections that were accepted.
    pub connections: Counter,
    /// MTProto packets received.
    pub packets_in: Counter,
    /// MTProto packets sent.
    pub packets_out: Counter,
    /// Key exchanges begun.
    pub handshakes_started: Counter,
    /// Key exchanges that ended in a key.
    pub handshakes_finished: Counter,
    /// Key exchanges that failed.
    pub handshakes_failed: Counter,
    /// Key exchanges refused because their address began too many.
    pub handshakes_refused: Counter,
    /// Sessions in memory.
    pub sessions: Gauge,
    /// Updates pushed to sessions.
    pub pushes: Counter,
    /// Encrypted packets that did not open.
    pub bad_envelopes: Counter,
    /// Verdicts of a version of the classifier in shadow that were those of the one at work.
    pub shadow_agreed: Counter,
    /// Verdicts of a version of the classifier in shadow that were others.
    pub shadow_differed: Counter,
    calls: [Counter; CallOutcome::ALL.len()],
    call_seconds: [Histogram; CLASSES.len()],
    classified: [Counter; Classified::ALL.len()],
    classify_seconds: [Histogram; Classified::ALL.len()],
    gate_seconds: [Histogram; Looked::ALL.len()],
}

impl Metrics {
    /// Notes a call that has ended; `class` is `None` for a method that is not known.
    pub fn call(&self, class: Option<Rate>, outcome: CallOutcome, took: Duration) {
        self.calls[outcome as usize].add_one();
        let class = CLASSES.iter().position(|(rate, _)| Some(*rate) == class);
        if let Some(class) = class {
            self.call_seconds[class].record(took);
        }
    }

    /// How many calls ended in this way.
    pub fn calls(&self, outcome: CallOutcome) -> u64 {
        self.calls[outcome as usize].count()
    }

    /// Notes that the classifier has read something.
    pub fn classified(&self, kind: Classified, took: Duration) {
        self.classified[kind as usize].add_one();
        self.classify_seconds[kind as usize].record(took);
    }

    /// Notes that the gate has looked at what is new.
    pub fn gate_looked(&self, outcome: Looked, took: Duration) {
        self.gate_seconds[outcome as usize].record(took);
    }

    /// How many things of this kind the classifier has read.
    pub fn classified_count(&self, kind: Classified) -> u64 {
        self.classified[kind as usize].count()
    }

    /// The text that Prometheus reads
    /// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
    pub fn render(&self) -> String {
        let mut page = Page::default();
        page.gauge(
            "connections_open",
            "Connections that are open.",
            &self.connections_open,
        );
        page.gauge("sessions", "Sessions in memory.", &self.sessions);
        for (name, help, counter) in [
            (
                "connections_total",
                "Connections accepted.",
                &self.connections,
            ),
            (
                "packets_received_total",
                "MTProto packets received.",
                &self.packets_in,
            ),
            (
                "packets_sent_total",
                "MTProto packets sent.",
                &self.packets_out,
            ),
            (
                "handshakes_started_total",
                "Key exchanges begun.",
                &self.handshakes_started,
            ),
            (
                "handshakes_finished_total",
                "Key exchanges that ended in a key.",
                &self.handshakes_finished,
            ),
            (
                "handshakes_failed_total",
                "Key exchanges that failed.",
                &self.handshakes_failed,
            ),
            (
                "handshakes_refused_total",
                "Key exchanges refused because their address began too many.",
                &self.handshakes_refused,
            ),
            ("pushes_total", "Updates pushed to sessions.", &self.pushes),
            (
                "bad_envelopes_total",
                "Encrypted packets that did not open.",
                &self.bad_envelopes,
            ),
        ] {
            page.head(name, help, "counter");
            page.line(name, "", counter.count());
        }
        page.head("calls_total", "Calls, by how they ended.", "counter");
        for (outcome, name) in CallOutcome::ALL {
            let label = format!("{{outcome=\"{name}\"}}");
            page.line("calls_total", &label, self.calls(outcome));
        }
        page.head(
            "call_seconds",
            "Time from a call to its answer, by class of method.",
            "histogram",
        );
        for ((_, class), histogram) in CLASSES.iter().zip(&self.call_seconds) {
            page.histogram("call_seconds", class, histogram);
        }
        page.head(
            "classified_total",
            "Texts that the classifier has read; there are no others than these kinds.",
            "counter",
        );
        for (kind, name) in Classified::ALL {
            let label = format!("{{kind=\"{name}\"}}");
            page.line("classified_total", &label, self.classified_count(kind));
        }
        page.head(
            "shadow_verdicts_total",
            "Verdicts of the version of the classifier that judges in shadow.",
            "counter",
        );
        for (as_at_work, counter) in [
            ("agreed", &self.shadow_agreed),
            ("differed", &self.shadow_differed),
        ] {
            let label = format!("{{outcome=\"{as_at_work}\"}}");
            page.line("shadow_verdicts_total", &label, counter.count());
        }
        page.head(
            "classify_seconds",
            "Time that the classifier took, by kind.",
            "histogram",
        );
        for ((_, kind), histogram) in Classified::ALL.iter().zip(&self.classify_seconds) {
            page.histogram("classify_seconds", kind, histogram);
        }
        page.head(
            "gate_seconds",
            "Time from what is new and public coming to the gate to its verdict.",
            "histogram",
        );
        for ((_, outcome), histogram) in Looked::ALL.iter().zip(&self.gate_seconds) {
            page.histogram("gate_seconds", outcome, histogram);
        }
        page.text
    }
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(
            self.text,
            "# HELP heliograph_{name} {help}\n# TYPE heliograph_{name} {kind}"
        );
    }

    fn line(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.text, "heliograph_{name}{labels} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, gauge: &Gauge) {
        self.head(name, help, "gauge");
        self.line(name, "", gauge.count());
    }

    fn histogram(&mut self, name: &str, class: &str, histogram: &Histogram) {
        let mut total = 0;
        let bounds = BOUNDS_US.iter().map(|us| seconds(*us).to_string());
        let bounds = bounds.chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&histogram.classes) {
            total += count.load(Ordering::Relaxed);
            let labels = format!("{{class=\"{class}\",le=\"{bound}\"}}");
            self.line(&format!("{name}_bucket"), &labels, total);
        }
        let labels = format!("{{class=\"{class}\"}}");
        let sum_us = histogram.sum_us.load(Ordering::Relaxed);
        self.line(&format!("{name}_sum"), &labels, seconds(sum_us));
        self.line(&format!("{name}_count"), &labels, total);
    }
}

/// Prometheus counts time in seconds.
fn seconds(us: u64) -> f64 {
    Duration::from_micros(us).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of metrics in a text, without what a histogram adds to its own.
    fn names(text: &str) -> std::collections::BTreeSet<&str> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.split(|c| !word(c))
            .filter(|name| name.starts_with("heliograph_"))
            .map(|name| {
                let parts = ["_bucket", "_sum", "_count"];
                let bare = parts.iter().find_map(|part| name.strip_suffix(part));
                bare.unwrap_or(name)
            })
            .collect()
    }

    #[test]
    fn the_dashboard_and_the_manual_show_what_there_is_and_nothing_else() {
        let page = Metrics::default().render();
        let there = names(&page);
        assert!(there.len() > 15, "{there:?}");
        let dashboard = include_str!("../../../packaging/grafana.json");
        let manual = include_str!("../../../docs/operating.md");
        assert_eq!(names(manual), there);
        let shown = names(dashboard);
        assert!(shown.is_subset(&there), "{:?}", shown.difference(&there));
        assert!(shown.len() > 12, "{shown:?}");
    }

    #[test]
    fn a_gauge_falls_when_what_raised_it_is_gone() {
        let metrics = Metrics::default();
        let entered = metrics.connections_open.enter();
        assert_eq!(metrics.connections_open.count(), 1);
        drop(entered);
        assert_eq!(metrics.connections_open.count(), 0);
    }

    #[test]
    fn the_classes_of_a_histogram_add_up() {
        let metrics = Metrics::default();
        for us in [50, 100, 101, 3_000_000] {
            let took = Duration::from_micros(us);
            metrics.call(Some(Rate::Send), CallOutcome::Answered, took);
        }
        let page = metrics.render();
        for line in [
            "heliograph_call_seconds_bucket{class=\"send\",le=\"0.0001\"} 2",
            "heliograph_call_seconds_bucket{class=\"send\",le=\"0.00025\"} 3",
            "heliograph_call_seconds_bucket{class=\"send\",le=\"2\"} 3",
            "heliograph_call_seconds_bucket{class=\"send\",le=\"+Inf\"} 4",
            "heliograph_call_seconds_count{class=\"send\"} 4",
            "heliograph_call_seconds_count{class=\"read\"} 0",
            "heliograph_calls_total{outcome=\"answered\"} 4",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
    }

    #[test]
    fn a_call_of_an_unknown_method_is_counted_without_a_class() {
        let metrics = Metrics::default();
        metrics.call(None, CallOutcome::Refused, Duration::ZERO);
        assert_eq!(metrics.calls(CallOutcome::Refused), 1);
        assert!(!metrics.render().contains("_count{class=\"read\"} 1"));
    }

    #[test]
    fn every_line_is_what_prometheus_reads() {
        for line in Metrics::default().render().lines() {
            let is_comment = line.starts_with("# HELP ") || line.starts_with("# TYPE ");
            let value = line.rsplit(' ').next().unwrap_or_default();
            assert!(is_comment || value.parse::<f64>().is_ok(), "{line}");
        }
    }
}
