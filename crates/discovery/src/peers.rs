//! Finding channels, groups, bots and people by name.

use crate::analysis::{Word, joined, key, words};
use crate::index::{Discovery, IndexError};
use crate::measured::{Because, Current, Measured, Verdict, Viewer};
use crate::rank::{self, Facts, Points};
use heliograph_model::{Peer, PublicKind, PublicPeer};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{
    BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery,
};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, SchemaBuilder, TantivyDocument,
    TextFieldIndexing, TextOptions, Value as _,
};
use tantivy::{DocId, Score, Searcher, SegmentReader, Term};

/// The longest query that is looked at, in characters; the rest is left out.
const QUERY_CHARS_MAX: usize = 128;
/// How many words of a query are looked for; more narrow nothing down.
const QUERY_WORDS_MAX: usize = 8;
/// How many peers one search finds at most.
pub const PEERS_MAX: usize = 100;
/// Where fewer than this are found, typos are looked for as well.
const FEW: usize = 5;
/// The longest beginning of a word that is a term of its own, in characters.
const BEGINNING_CHARS_MAX: usize = 20;

/// The fields of the index of peers.
pub(crate) struct PeersSchema {
    pub schema: Schema,
    key: Field,
    peer: Field,
    kind: Field,
    facts: Field,
    name: Field,
    whole: Field,
    word: Field,
    beginning: Field,
    sound: Field,
    sound_beginning: Field,
    about: Field,
}

/// Terms as they are given: cut and folded beforehand, without frequencies.
pub(crate) fn terms() -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    TextOptions::default().set_indexing_options(indexing)
}

impl PeersSchema {
    pub fn new() -> Self {
        let mut schema = SchemaBuilder::new();
        PeersSchema {
            key: schema.add_text_field("key", terms()),
            peer: schema.add_i64_field("peer", FAST),
            kind: schema.add_u64_field("kind", INDEXED),
            facts: schema.add_u64_field("facts", FAST),
            name: schema.add_text_field("name", STORED),
            whole: schema.add_text_field("whole", terms()),
            word: schema.add_text_field("word", terms()),
            beginning: schema.add_text_field("beginning", terms()),
            sound: schema.add_text_field("sound", terms()),
            sound_beginning: schema.add_text_field("sound_beginning", terms()),
            about: schema.add_text_field("about", terms()),
            schema: schema.build(),
        }
    }

    fn document(&self, peer: &PublicPeer) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.key, key_of(peer.peer()));
        document.add_i64(self.peer, peer.peer().number());
        document.add_u64(self.kind, kind_number(peer.kind()));
        document.add_u64(self.facts, Facts::of(peer).pack());
        let names = [peer.username(), peer.title()];
        for name in names {
            document.add_text(self.name, name);
        }
        let terms = NameTerms::of(&names);
        let fields = [
            (self.whole, &terms.whole),
            (self.word, &terms.words),
            (self.beginning, &terms.beginnings),
            (self.sound, &terms.sounds),
            (self.sound_beginning, &terms.sound_beginnings),
        ];
        for (field, values) in fields {
            for value in values {
                document.add_text(field, value);
            }
        }
        let about: BTreeSet<Word> = words(peer.about()).into_iter().collect();
        for word in &about {
            document.add_text(self.about, word.as_str());
        }
        document
    }
}

/// The terms under which names are found.
#[derive(Default)]
struct NameTerms {
    whole: BTreeSet<String>,
    words: BTreeSet<String>,
    beginnings: BTreeSet<String>,
    sounds: BTreeSet<String>,
    sound_beginnings: BTreeSet<String>,
}

impl NameTerms {
    fn of(names: &[&str]) -> Self {
        let mut terms = NameTerms::default();
        for name in names {
            // As one word too: people leave out the spaces, and usernames have none.
            let whole = joined(name);
            if whole.is_empty() {
                continue;
            }
            add_beginnings(&whole, &mut terms.beginnings);
            terms.whole.insert(whole);
            for word in words(name) {
                match word {
                    Word::Whole(word) => terms.add_word(word),
                    Word::Piece(pair) => {
                        // A lone character is found as the beginning of its pair.
                        add_beginnings(&pair, &mut terms.beginnings);
                        terms.words.insert(pair);
                    }
                }
            }
        }
        terms
    }

    fn add_word(&mut self, word: String) {
        add_beginnings(&word, &mut self.beginnings);
        if let Some(sound) = key(&word) {
            add_beginnings(&sound, &mut self.sound_beginnings);
            self.sounds.insert(sound);
        }
        self.words.insert(word);
    }
}

fn add_beginnings(word: &str, to: &mut BTreeSet<String>) {
    let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
    for end in ends.take(BEGINNING_CHARS_MAX) {
        to.insert(word[..end].to_owned());
    }
}

fn key_of(peer: Peer) -> String {
    peer.number().to_string()
}

fn kind_number(kind: PublicKind) -> u64 {
    match kind {
        PublicKind::Broadcast => 0,
        PublicKind::Group => 1,
        PublicKind::Bot => 2,
        PublicKind::Person => 3,
    }
}

impl Discovery {
    /// Takes in a peer as it stands, or that it is not public any more.
    pub fn put_peer(&self, peer: Peer, face: Option<&PublicPeer>) -> Result<(), IndexError> {
        let side = self.peers_side();
        let document = face.map(|face| side.schema.document(face));
        side.replace(side.schema.key, &key_of(peer), document)
    }

    /// Takes in a peer that the index does not have.
    pub fn add_peer(&self, face: &PublicPeer) -> Result<(), IndexError> {
        let side = self.peers_side();
        side.add(side.schema.document(face))
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct PeerQuery<'a> {
    /// As typed; a leading `@` is left out.
    pub text: &'a str,
    /// Only these kinds; all where there are none.
    pub kinds: &'a [PublicKind],
    /// Who asks.
    pub viewer: Viewer<'a>,
    /// How many at most; never more than [`PEERS_MAX`].
    pub limit: usize,
}

/// A peer that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPeer {
    /// Who.
    pub peer: Peer,
    /// Why it stands where it stands.
    pub points: Points,
    /// Behind everything else, by a decision.
    pub demoted: bool,
}

/// A peer as `search-explain` tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedPeer {
    /// Its place; `None` for one that is not shown.
    pub place: Option<usize>,
    /// The peer and its points.
    pub found: FoundPeer,
    /// Username and title.
    pub names: Vec<String>,
    /// The decisions that demote or hide it.
    pub because: Vec<Because>,
}

/// The peers as of the last commit.
pub struct Peers<'a> {
    schema: &'a PeersSchema,
    searcher: Searcher,
    measured: Arc<Measured>,
}

impl<'a> Peers<'a> {
    pub(crate) fn new(schema: &'a PeersSchema, searcher: Searcher, measured: &Current) -> Self {
        Peers {
            schema,
            searcher,
            measured: measured.get(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// The best matches, best first. An empty query finds nothing.
    pub fn search(&self, query: PeerQuery<'_>) -> Result<Vec<FoundPeer>, IndexError> {
        let ranked = self.ranked(query, Which::Shown)?;
        Ok(ranked.into_iter().map(|ranked| ranked.found).collect())
    }

    /// The same with the reasons, and behind them what is not shown to this viewer, without a place.
    pub fn explain(&self, query: PeerQuery<'_>) -> Result<Vec<ExplainedPeer>, IndexError> {
        let shown = self.ranked(query, Which::Shown)?.into_iter().enumerate();
        let hidden = self.ranked(query, Which::Hidden)?;
        let shown = shown.map(|(place, ranked)| (Some(place), ranked));
        let all = shown.chain(hidden.into_iter().map(|ranked| (None, ranked)));
        let mut explained = Vec::new();
        for (place, Ranked { found, address }) in all {
            let document: TantivyDocument = self.searcher.doc(address)?;
            let names = document.get_all(self.schema.name);
            let names = names.filter_map(|name| name.as_str());
            explained.push(ExplainedPeer {
                place,
                names: names
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect(),
                because: self.measured.because(found.peer, None, query.viewer),
                found,
            });
        }
        Ok(explained)
    }

    fn ranked(&self, query: PeerQuery<'_>, which: Which) -> Result<Vec<Ranked>, IndexError> {
        let asked = Asked::read(query.text);
        if asked.words.is_empty() || query.limit == 0 {
            return Ok(Vec::new());
        }
        let collector = Best {
            measured: self.measured.clone(),
            country: query.viewer.country.map(str::to_owned),
            now: query.viewer.now,
            limit: query.limit.min(PEERS_MAX),
            which,
        };
        let exact = self
            .searcher
            .search(&self.query(&asked, query.kinds, false), &collector)?;
        if exact.len() >= FEW || !asked.words.iter().any(|word| typos_of(word) > 0) {
            return Ok(exact);
        }
        let near = self.query(&asked, query.kinds, true);
        Ok(self.searcher.search(&near, &collector)?)
    }

    /// Every word must match in one way or another; the best way of each counts, as a share of the
    /// whole, and the whole name once more.
    fn query(&self, asked: &Asked, kinds: &[PublicKind], typos: bool) -> BooleanQuery {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        let count = asked.words.len() as u32;
        for word in &asked.words {
            let mut ways: Vec<Box<dyn Query>> = Vec::new();
            let mut way = |points: u32, query: Box<dyn Query>| {
                let share = score(points / count);
                ways.push(Box::new(ConstScoreQuery::new(query, share)));
            };
            let schema = self.schema;
            way(rank::WORD, term(schema.word, word));
            way(rank::BEGINNING, term(schema.beginning, word));
            way(rank::DESCRIPTION, term(schema.about, word));
            if let Some(sound) = key(word) {
                way(rank::SOUND, term(schema.sound, &sound));
                way(rank::SOUND_BEGINNING, term(schema.sound_beginning, &sound));
            }
            let distance = typos_of(word);
            if typos && distance > 0 {
                let term = Term::from_field_text(schema.word, word);
                way(
                    rank::TYPO,
                    Box::new(FuzzyTermQuery::new(term, distance, true)),
                );
            }
            clauses.push((Occur::Must, Box::new(DisjunctionMaxQuery::new(ways))));
        }
        let whole = term(self.schema.whole, &asked.whole);
        let whole = ConstScoreQuery::new(whole, score(rank::WHOLE));
        clauses.push((Occur::Should, Box::new(whole)));
        if !kinds.is_empty() {
            let kinds = kinds.iter().map(|kind| {
                let term = Term::from_field_u64(self.schema.kind, kind_number(*kind));
                let query = TermQuery::new(term, IndexRecordOption::Basic);
                (Occur::Should, Box::new(query) as Box<dyn Query>)
            });
            let kinds = BooleanQuery::new(kinds.collect());
            let kinds = ConstScoreQuery::new(Box::new(kinds), 0.0);
            clauses.push((Occur::Must, Box::new(kinds)));
        }
        BooleanQuery::new(clauses)
    }
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    let term = Term::from_field_text(field, text);
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

/// Points as tantivy counts them: small whole numbers, so that sums of them are exact.
fn score(points: u32) -> Score {
    Score::from(points as u16)
}

/// How many typos a word may have: none in a short one, where too much is near.
fn typos_of(word: &str) -> u8 {
    match word.chars().count() {
        0..=3 => 0,
        4..=8 => 1,
        _ => 2,
    }
}

/// A query, read.
struct Asked {
    words: Vec<String>,
    whole: String,
}

impl Asked {
    fn read(text: &str) -> Self {
        let text: String = text.chars().take(QUERY_CHARS_MAX).collect();
        let text = text.trim().trim_start_matches('@');
        let mut asked: Vec<String> = Vec::new();
        for word in words(text) {
            let word = word.as_str().to_owned();
            if asked.len() < QUERY_WORDS_MAX && !asked.contains(&word) {
                asked.push(word);
            }
        }
        Asked {
            words: asked,
            whole: joined(text),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// What the viewer is shown.
    Shown,
    /// What matches and is hidden from them.
    Hidden,
}

/// A match with all that decides its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ranked {
    found: FoundPeer,
    address: tantivy::DocAddress,
}

/// What is demoted last; more points first; the older peer first.
type Rank = (Reverse<bool>, u32, Reverse<i64>);

impl Ranked {
    fn rank(&self) -> Rank {
        (
            Reverse(self.found.demoted),
            self.found.points.total(),
            Reverse(self.found.peer.number()),
        )
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Collects the best matches.
struct Best {
    measured: Arc<Measured>,
    country: Option<String>,
    now: heliograph_model::UnixMs,
    limit: usize,
    which: Which,
}

struct BestOfSegment {
    peers: Column<i64>,
    facts: Column<u64>,
    segment: u32,
    measured: Arc<Measured>,
    country: Option<String>,
    now: heliograph_model::UnixMs,
    limit: usize,
    which: Which,
    /// The worst of the best on top.
    best: BinaryHeap<Reverse<Ranked>>,
}

impl Collector for Best {
    type Fruit = Vec<Ranked>;
    type Child = BestOfSegment;

    fn for_segment(&self, segment: u32, reader: &SegmentReader) -> tantivy::Result<Self::Child> {
        Ok(BestOfSegment {
            peers: reader.fast_fields().i64("peer")?,
            facts: reader.fast_fields().u64("facts")?,
            segment,
            measured: self.measured.clone(),
            country: self.country.clone(),
            now: self.now,
            limit: self.limit,
            which: self.which,
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<Ranked>>) -> tantivy::Result<Self::Fruit> {
        let mut all: Vec<Ranked> = segments.into_iter().flatten().collect();
        all.sort_by(|a, b| b.cmp(a));
        all.truncate(self.limit);
        Ok(all)
    }
}

impl SegmentCollector for BestOfSegment {
    type Fruit = Vec<Ranked>;

    fn collect(&mut self, doc: DocId, score: Score) {
        let facts = self.facts.first(doc).unwrap_or_default();
        let points = Points {
            matching: score as u32,
            ..Facts::unpack(facts).points(self.country.as_deref())
        };
        let full = self.best.len() >= self.limit;
        let worst = self.best.peek().map(|Reverse(worst)| worst);
        // Most matches of a short query are behind a full page, whoever they are.
        let beaten = worst.is_some_and(|worst| {
            !worst.found.demoted && worst.found.points.total() > points.total()
        });
        if full && beaten {
            return;
        }
        let number = self.peers.first(doc).unwrap_or_default();
        let Some(peer) = Peer::from_number(number) else {
            return;
        };
        let viewer = Viewer {
            country: self.country.as_deref(),
            now: self.now,
        };
        let verdict = self.measured.peer(peer, viewer);
        if (verdict == Verdict::Hidden) != (self.which == Which::Hidden) {
            return;
        }
        let ranked = Ranked {
            found: FoundPeer {
                peer,
                points,
                demoted: verdict == Verdict::Demoted,
            },
            address: tantivy::DocAddress::new(self.segment, doc),
        };
        if full {
            let worse = self.best.peek().is_some_and(|worst| worst.0 < ranked);
            if !worse {
                return;
            }
            self.best.pop();
        }
        self.best.push(Reverse(ranked));
    }

    fn harvest(self) -> Vec<Ranked> {
        self.best
            .into_iter()
            .map(|Reverse(ranked)| ranked)
            .collect()
    }
}
