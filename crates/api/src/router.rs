//! The table of methods.
//!
//! A handler is an async function from a context and a typed call to a typed answer. Behind
//! [`Router::method`] every handler becomes the same erased function, so that hundreds of methods
//! still compile quickly and a call is one look-up.

use crate::context::Ctx;
use crate::error::{Result, RpcError, text};
use crate::limits::Rate;
use crate::people_only::is_for_people;
use heliograph_model::UserId;
use heliograph_store::BoxFuture;
use heliograph_tl::{Encode, Function};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone with a key.
    Anyone,
    /// Whoever is signed in.
    User,
}

type Handler = Box<dyn Fn(Ctx, &[u8]) -> Result<BoxFuture<'static, Result<Vec<u8>>>> + Send + Sync>;

/// One line of the table.
pub struct Method {
    /// The name in the schema.
    pub name: &'static str,
    /// Who may call it.
    pub access: Access,
    /// How dear it is.
    pub rate: Rate,
    handler: Handler,
}

/// How a method is answered that this server has no feature behind: start-up calls of stock
/// clients that only need a valid answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Benign {
    /// With the shortest valid "nothing" of its type.
    Nothing,
    /// With an error that clients expect.
    Error(text::Text),
}

/// All methods, by the id of their call.
#[derive(Default)]
pub struct Router {
    methods: HashMap<u32, Method>,
    benign: HashMap<&'static str, (Access, Benign)>,
}

impl Router {
    /// Adds a method.
    ///
    /// # Panics
    /// When it is in the table already.
    pub fn method<F, H, A>(&mut self, access: Access, rate: Rate, handler: H) -> &mut Self
    where
        F: Function + Send + 'static,
        H: Fn(Ctx, F) -> A + Send + Sync + 'static,
        A: Future<Output = Result<F::Return>> + Send + 'static,
    {
        let erased: Handler = Box::new(move |cx, bytes| {
            let call = F::from_bytes(bytes).map_err(|_| text::INPUT_FETCH_ERROR)?;
            let answer = handler(cx, call);
            Ok(Box::pin(async move { Ok(answer.await?.to_bytes()) }))
        });
        let method = Method {
            name: F::NAME,
            access,
            rate,
            handler: erased,
        };
        assert!(
            self.methods.insert(F::ID, method).is_none(),
            "{} stands twice",
            F::NAME
        );
        self
    }

    /// Adds methods that are answered with a valid nothing.
    pub fn benign(&mut self, access: Access, benign: Benign, names: &[&'static str]) -> &mut Self {
        for name in names {
            self.benign.insert(name, (access, benign));
        }
        self
    }

    /// The method whose call has this id.
    pub fn find(&self, id: u32) -> Option<&Method> {
        self.methods.get(&id)
    }

    /// Starts a call: checks who may make it and how often, reads it, and gives the work to await.
    ///
    /// `bytes` is one call in the canonical layer.
    pub fn call(&self, cx: Ctx, bytes: &[u8]) -> Result<BoxFuture<'static, Result<Vec<u8>>>> {
        let id = bytes.first_chunk().map(|head| u32::from_le_bytes(*head));
        let method = id
            .and_then(|id| self.methods.get(&id))
            .ok_or(text::INPUT_METHOD_INVALID)?;
        if method.access == Access::User {
            cx.user()?;
        }
        if cx.caller().user.is_some_and(UserId::is_bot) && is_for_people(method.name) {
            return Err(text::BOT_METHOD_INVALID.into());
        }
        cx.check_frozen(method.name, method.rate)?;
        cx.limits.take(cx.caller(), method.rate, cx.now())?;
        (method.handler)(cx, bytes)
    }

    /// How a method without a feature behind it is answered; `None` when it is not known.
    pub fn find_benign(&self, cx: &Ctx, name: &str) -> Option<Result<(), RpcError>> {
        let (access, benign) = self.benign.get(name)?;
        if *access == Access::User
            && let Err(error) = cx.user()
        {
            return Some(Err(error));
        }
        Some(match benign {
            Benign::Nothing => Ok(()),
            Benign::Error(text) => Err((*text).into()),
        })
    }

    /// The methods that are answered without a feature behind them, in no particular order.
    pub fn benign_calls(&self) -> impl Iterator<Item = (&'static str, Benign)> {
        self.benign
            .iter()
            .map(|(name, (_, benign))| (*name, *benign))
    }

    /// The table as text, a line a method: name, who may call it, how dear it is, and whether there
    /// is a feature behind it.
    pub fn describe(&self) -> String {
        let mut lines: Vec<String> = self
            .methods
            .values()
            .map(|method| {
                format!(
                    "{:<44} {:<8} {:<8} served",
                    method.name,
                    word(&method.access),
                    word(&method.rate)
                )
            })
            .collect();
        lines.extend(self.benign.iter().map(|(name, (access, benign))| {
            let state = match benign {
                Benign::Nothing => "answers with nothing".to_owned(),
                Benign::Error(text) => format!("answers {}", text.words),
            };
            format!("{name:<44} {:<8} {:<8} {state}", word(access), "Free")
        }));
        lines.sort_unstable();
        let mut table = String::new();
        for line in lines {
            writeln!(table, "{line}").expect("writing to a string");
        }
        table
    }
}

fn word(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use expect_test::expect_file;

    #[test]
    fn the_table_is_as_reviewed() {
        let table = crate::router().describe();
        expect_file!["../methods.txt"].assert_eq(&table);
    }

    #[test]
    fn no_method_is_both_served_and_answered_with_nothing() {
        let router = crate::router();
        for method in router.methods.values() {
            assert!(!router.benign.contains_key(method.name), "{}", method.name);
        }
    }

    #[tokio::test]
    async fn a_stranger_may_call_what_anyone_may_and_nothing_else() {
        let world = World::new().await;
        for (id, method) in &world.router.methods {
            // Somebody new for each call: a stranger's allowance for signing in is small.
            let stranger = world.stranger().await;
            let started = world.router.call(stranger.cx, &id.to_le_bytes());
            let refused = started.err() == Some(text::AUTH_KEY_UNREGISTERED.into());
            assert_eq!(refused, method.access == Access::User, "{}", method.name);
        }
    }

    #[tokio::test]
    async fn no_method_panics_on_a_call_that_is_cut_short_or_made_of_noise() {
        let world = World::new().await;
        for (number, (id, method)) in (4_930_000_000_u64..).zip(&world.router.methods) {
            // Somebody new for each method: some of them sign out.
            let ada = world.person("Ada", &number.to_string()).await;
            for length in [0, 1, 3, 4, 8, 12, 64, 200] {
                for seed in 0..4_u8 {
                    let noise = (0..length).map(|i: u8| i.wrapping_mul(seed).wrapping_add(seed));
                    let bytes: Vec<u8> = id.to_le_bytes().into_iter().chain(noise).collect();
                    let started = world.router.call(ada.cx.clone(), &bytes);
                    let Ok(call) = started else { continue };
                    if let Err(error) = call.await {
                        assert_ne!(error, text::INTERNAL.into(), "{}", method.name);
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn what_is_no_method_is_refused() {
        let world = World::new().await;
        let stranger = world.stranger().await;
        for bytes in [&[][..], &[1, 2], &[0; 4], &[0xff; 64]] {
            let refused = world.router.call(stranger.cx.clone(), bytes).err();
            assert_eq!(refused, Some(text::INPUT_METHOD_INVALID.into()));
        }
    }
}
