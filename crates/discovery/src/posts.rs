//! Finding posts of public channels by their words.

use crate::analysis::{Word, hashtag, hashtags, key, to_latin, words};
use crate::index::{Discovery, IndexError};
use crate::measured::{Because, Current, Measured, Verdict, Viewer};
use crate::parts::{Columns, Part, Parts};
use crate::peers::terms;
use heliograph_model::{ChannelId, MessageId, Peer, PublicPost, UnixMs};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::sync::Arc;
use tantivy::query::{BooleanQuery, EnableScoring, Query, TermQuery, Weight};
use tantivy::schema::{
    FAST, Field, IndexRecordOption, NumericOptions, Schema, SchemaBuilder, TantivyDocument,
};
use tantivy::{DocId, Searcher, SegmentReader, Term};

/// The longest query that is looked at, in characters; the rest is left out.
const QUERY_CHARS_MAX: usize = 256;
/// How many words of a query are looked for.
const QUERY_WORDS_MAX: usize = 16;
/// How many posts one page holds at most.
pub const PAGE_MAX: usize = 100;
/// How many matches of each part of the index are looked at for the count, one by one. Beyond that
/// they are counted as shown: most are, and a common word has hundreds of thousands.
const COUNTED_MAX: usize = 10_000;
/// From so many matches on the older parts of the index are not looked through, once they cannot
/// change the page; how many they hold is estimated.
const ESTIMATED_FROM: usize = 1_000;
/// How many different words of one post are in the index.
const POST_WORDS_MAX: usize = 1_500;

/// The fields of the index of posts.
pub(crate) struct PostsSchema {
    pub schema: Schema,
    key: Field,
    channel: Field,
    id: Field,
    date: Field,
    word: Field,
}

impl PostsSchema {
    pub fn new() -> Self {
        let mut schema = SchemaBuilder::new();
        let fast = NumericOptions::default().set_fast();
        PostsSchema {
            key: schema.add_text_field("key", terms()),
            channel: schema.add_i64_field("channel", fast.clone().set_indexed()),
            id: schema.add_u64_field("id", FAST),
            date: schema.add_i64_field("date", fast),
            word: schema.add_text_field("word", terms()),
            schema: schema.build(),
        }
    }

    fn document(&self, post: &PublicPost) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.key, key_of(post.channel(), post.id()));
        document.add_i64(self.channel, post.channel().0);
        document.add_u64(self.id, u64::from(post.id().0));
        document.add_i64(self.date, i64::from(post.date()));
        let mut terms: BTreeSet<String> = hashtags(post.text()).into_iter().collect();
        for word in words(post.text()) {
            if terms.len() >= POST_WORDS_MAX {
                break;
            }
            if let Word::Whole(word) = &word
                && to_latin(word).is_some()
                && let Some(sound) = key(word)
            {
                terms.insert(sound_term(&sound));
            }
            terms.insert(word.as_str().to_owned());
        }
        for term in &terms {
            document.add_text(self.word, term);
        }
        document
    }
}

/// The term of a Cyrillic word in Latin letters; the sign keeps it apart from words.
fn sound_term(sound: &str) -> String {
    format!("~{sound}")
}

fn key_of(channel: ChannelId, id: MessageId) -> String {
    format!("{}:{}", channel.0, id.0)
}

impl Discovery {
    /// Takes in a post as it stands, or that it is gone.
    pub fn put_post(
        &self,
        channel: ChannelId,
        id: MessageId,
        post: Option<&PublicPost>,
    ) -> Result<(), IndexError> {
        let side = self.posts_side();
        let document = post.filter(|post| !post.text().is_empty());
        let document = document.map(|post| side.schema.document(post));
        side.replace(side.schema.key, &key_of(channel, id), document)
    }

    /// Takes in a post that the index does not have. A picture without words is in no search.
    pub fn add_post(&self, post: &PublicPost) -> Result<(), IndexError> {
        if post.text().is_empty() {
            return Ok(());
        }
        let side = self.posts_side();
        side.add(side.schema.document(post))
    }

    /// Takes away every post of a channel.
    pub fn forget_posts(&self, channel: ChannelId) -> Result<(), IndexError> {
        let side = self.posts_side();
        side.remove(Term::from_field_i64(side.schema.channel, channel.0))
    }
}

/// What posts must have.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// All of these words, in any order.
    Words(&'a str),
    /// This tag, with or without its `#`.
    Hashtag(&'a str),
}

/// A place in the order of posts: behind it the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Among the demoted ones, which stand last.
    pub demoted: bool,
    /// When it was written, in Unix seconds.
    pub date: i32,
    /// Where.
    pub channel: ChannelId,
    /// Its number there.
    pub id: MessageId,
}

/// The order of posts: what is demoted last, the newest first, then by channel and number.
type Order = (Reverse<bool>, i32, Reverse<i64>, u32);

impl Place {
    fn order(self) -> Order {
        let Place {
            demoted,
            date,
            channel,
            id,
        } = self;
        (Reverse(demoted), date, Reverse(channel.0), id.0)
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct PostQuery<'a> {
    /// What posts must have.
    pub wanted: Wanted<'a>,
    /// Only posts of this channel.
    pub channel: Option<ChannelId>,
    /// Written after this moment, in Unix seconds; 0 for any.
    pub min_date: i32,
    /// Written before this moment, in Unix seconds; 0 for any.
    pub max_date: i32,
    /// Only what stands behind this place.
    pub after: Option<Place>,
    /// Who asks.
    pub viewer: Viewer<'a>,
    /// How many at most; never more than [`PAGE_MAX`].
    pub limit: usize,
}

/// A page of posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundPosts {
    /// The posts in order.
    pub posts: Vec<Place>,
    /// How many there are in all for this viewer, other pages included.
    pub total: usize,
    /// Whether some of them were counted without a look at what moderation has put on them, or
    /// estimated.
    pub inexact: bool,
}

/// The posts as of the last commit.
pub struct Posts<'a> {
    schema: &'a PostsSchema,
    parts: &'a Parts,
    searcher: Searcher,
    measured: Arc<Measured>,
}

impl<'a> Posts<'a> {
    pub(crate) fn new(
        schema: &'a PostsSchema,
        parts: &'a Parts,
        searcher: Searcher,
        measured: &Current,
    ) -> Self {
        Posts {
            schema,
            parts,
            searcher,
            measured: measured.get(),
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.searcher.num_docs()
    }

    /// A page of what is found. An empty query finds nothing.
    pub fn search(&self, query: PostQuery<'_>) -> Result<FoundPosts, IndexError> {
        let Some(asked) = self.query(query.wanted, query.channel)? else {
            return Ok(FoundPosts::default());
        };
        self.collect(&*asked, &self.newest(&query))
    }

    /// Looks through the parts of the index, the newest first. Where a page of a common query is full
    /// and everything further is older, the rest is estimated.
    fn collect(&self, asked: &dyn Query, newest: &Newest) -> Result<FoundPosts, IndexError> {
        let weight = asked.weight(EnableScoring::disabled_from_searcher(&self.searcher))?;
        let mut found = FoundPosts::default();
        let mut looked_at = 0;
        for part in self.parts.of(&self.searcher)?.iter() {
            if newest.is_settled(&found, part.until) {
                let all = self.searcher.num_docs();
                let estimated = found.total as u64 * all / looked_at.max(1);
                found.total = usize::try_from(estimated).unwrap_or(usize::MAX);
                found.inexact = true;
                break;
            }
            let reader = self.searcher.segment_reader(part.ordinal);
            found = newest.join(found, newest.look_through(&*weight, part, reader)?);
            looked_at += u64::from(reader.num_docs());
        }
        Ok(found)
    }

    /// The first posts that match and are demoted or hidden for a viewer, with the decisions.
    pub fn kept_back(
        &self,
        query: PostQuery<'_>,
    ) -> Result<Vec<(Place, Vec<Because>)>, IndexError> {
        let Some(asked) = self.query(query.wanted, query.channel)? else {
            return Ok(Vec::new());
        };
        let newest = Newest {
            after: None,
            hidden: true,
            ..self.newest(&query)
        };
        let found = self.collect(&*asked, &newest)?;
        let because = |place: Place| {
            let channel = Peer::Channel(place.channel);
            let because = self.measured.because(channel, Some(place.id), query.viewer);
            (place, because)
        };
        Ok(found.posts.into_iter().map(because).collect())
    }

    /// What a query shows, the newest first.
    fn newest(&self, query: &PostQuery<'_>) -> Newest {
        Newest {
            measured: self.measured.clone(),
            country: query.viewer.country.map(str::to_owned),
            now: query.viewer.now,
            min_date: query.min_date,
            max_date: query.max_date,
            after: query.after.map(Place::order),
            limit: query.limit.min(PAGE_MAX),
            hidden: false,
        }
    }

    /// `None` where nothing can match.
    fn query(
        &self,
        wanted: Wanted<'_>,
        channel: Option<ChannelId>,
    ) -> Result<Option<Box<dyn Query>>, IndexError> {
        let mut clauses: Vec<Box<dyn Query>> = Vec::new();
        match wanted {
            Wanted::Hashtag(tag) => {
                let short: String = tag.chars().take(QUERY_CHARS_MAX).collect();
                let Some(tag) = hashtag(&short) else {
                    return Ok(None);
                };
                clauses.push(self.term(&tag));
            }
            Wanted::Words(text) => {
                let text: String = text.chars().take(QUERY_CHARS_MAX).collect();
                let asked: BTreeSet<Word> = words(&text).into_iter().collect();
                for word in asked.iter().take(QUERY_WORDS_MAX) {
                    match self.ways(word)? {
                        Some(ways) => clauses.push(ways),
                        // A word that no post has: nothing has them all.
                        None => return Ok(None),
                    }
                }
            }
        }
        if clauses.is_empty() {
            return Ok(None);
        }
        if let Some(channel) = channel {
            let term = Term::from_field_i64(self.schema.channel, channel.0);
            clauses.push(Box::new(TermQuery::new(term, IndexRecordOption::Basic)));
        }
        let only = if clauses.len() == 1 {
            clauses.pop()
        } else {
            None
        };
        Ok(Some(only.unwrap_or_else(|| {
            Box::new(BooleanQuery::intersection(clauses))
        })))
    }

    /// The spellings of a word that any post has.
    fn ways(&self, word: &Word) -> Result<Option<Box<dyn Query>>, IndexError> {
        let mut spellings = vec![word.as_str().to_owned()];
        if let Word::Whole(word) = word {
            // Latin letters may stand for a Cyrillic word, and the other way round.
            match to_latin(word) {
                Some(latin) => spellings.push(latin),
                None => spellings.extend(key(word).map(|sound| sound_term(&sound))),
            }
        }
        let mut ways: Vec<Box<dyn Query>> = Vec::new();
        for spelling in spellings {
            let term = Term::from_field_text(self.schema.word, &spelling);
            if self.is_anywhere(&term)? {
                ways.push(self.term(&spelling));
            }
        }
        Ok(match ways.len() {
            0 | 1 => ways.pop(),
            _ => Some(Box::new(BooleanQuery::union(ways))),
        })
    }

    fn is_anywhere(&self, term: &Term) -> Result<bool, IndexError> {
        for part in self.searcher.segment_readers() {
            if part.inverted_index(self.schema.word)?.doc_freq(term)? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn term(&self, text: &str) -> Box<dyn Query> {
        let term = Term::from_field_text(self.schema.word, text);
        Box::new(TermQuery::new(term, IndexRecordOption::Basic))
    }
}

/// Collects the newest posts that the viewer is shown, behind a place; or, with `hidden`, those that
/// are kept back.
struct Newest {
    measured: Arc<Measured>,
    country: Option<String>,
    now: UnixMs,
    min_date: i32,
    max_date: i32,
    after: Option<Order>,
    limit: usize,
    hidden: bool,
}

/// The same for one part of the index.
struct NewestOfPart<'a> {
    all: &'a Newest,
    columns: &'a Columns,
    total: usize,
    inexact: bool,
    /// The last of the first on top.
    first: BinaryHeap<Reverse<Place>>,
}

impl Newest {
    fn look_through(
        &self,
        weight: &dyn Weight,
        part: &Part,
        reader: &SegmentReader,
    ) -> Result<FoundPosts, IndexError> {
        let mut newest = NewestOfPart {
            all: self,
            columns: &part.columns,
            total: 0,
            inexact: false,
            first: BinaryHeap::new(),
        };
        let alive = reader.alive_bitset();
        weight.for_each_no_score(reader, &mut |docs| {
            for doc in docs {
                if alive.is_none_or(|alive| alive.is_alive(*doc)) {
                    newest.collect(*doc);
                }
            }
        })?;
        Ok(newest.found())
    }

    fn join(&self, mut all: FoundPosts, part: FoundPosts) -> FoundPosts {
        all.total += part.total;
        all.inexact |= part.inexact;
        all.posts.extend(part.posts);
        all.posts.sort_by(|a, b| b.cmp(a));
        all.posts.truncate(self.limit);
        all
    }

    /// Whether nothing that was written up to this moment can change the page any more, of a query
    /// that so much matches that nobody counts it.
    fn is_settled(&self, found: &FoundPosts, until: i64) -> bool {
        let last = found.posts.last();
        found.total >= ESTIMATED_FROM
            && found.posts.len() == self.limit
            && last.is_some_and(|last| !last.demoted && i64::from(last.date) > until)
    }
}

impl NewestOfPart<'_> {
    /// What is put on a post: nothing is, mostly, and then nothing is looked up.
    fn verdict(&self, channel: ChannelId, doc: DocId) -> Verdict {
        let id = self.columns.ids.first(doc).unwrap_or_default();
        let viewer = Viewer {
            country: self.all.country.as_deref(),
            now: self.all.now,
        };
        self.all
            .measured
            .post(channel, MessageId(id as u32), viewer)
    }

    fn collect(&mut self, doc: DocId) {
        let date = self.columns.dates.first(doc).unwrap_or_default() as i32;
        let in_time = (self.all.min_date == 0 || date > self.all.min_date)
            && (self.all.max_date == 0 || date < self.all.max_date);
        if !in_time {
            return;
        }
        let full = self.first.len() >= self.all.limit;
        let newer = |last: &Reverse<Place>| !last.0.demoted && last.0.date > date;
        if full && self.total >= COUNTED_MAX && self.first.peek().is_some_and(newer) {
            self.total += 1;
            self.inexact |= !self.all.measured.is_empty();
            return;
        }
        let channel = ChannelId(self.columns.channels.first(doc).unwrap_or_default());
        let verdict = if self.all.measured.touches(channel) {
            self.verdict(channel, doc)
        } else {
            Verdict::Shown
        };
        let wanted = match verdict {
            Verdict::Shown => !self.all.hidden,
            Verdict::Demoted => true,
            Verdict::Hidden => self.all.hidden,
        };
        if !wanted {
            return;
        }
        self.total += 1;
        let demoted = verdict == Verdict::Demoted;
        // Most matches are older than a full page; the rest of them need not be read.
        let beaten = |last: &Place| (Reverse(last.demoted), last.date) > (Reverse(demoted), date);
        if full && self.first.peek().is_none_or(|last| beaten(&last.0)) {
            return;
        }
        let place = Place {
            demoted,
            date,
            channel,
            id: MessageId(self.columns.ids.first(doc).unwrap_or_default() as u32),
        };
        if self.all.after.is_some_and(|after| place.order() >= after) {
            return;
        }
        if full {
            if self.first.peek().is_some_and(|last| last.0 > place) {
                return;
            }
            self.first.pop();
        }
        self.first.push(Reverse(place));
    }

    fn found(self) -> FoundPosts {
        FoundPosts {
            posts: self.first.into_iter().map(|Reverse(place)| place).collect(),
            total: self.total,
            inexact: self.inexact,
        }
    }
}
