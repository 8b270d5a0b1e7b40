//! The custodians of the log's rosters, as the desk asks them.

use heliograph_disclosure::Custodians;
use heliograph_disclosure::custodians::{CustodianError, CustodianId, Part};
use heliograph_offline::custodian::PreserveAsk;
use heliograph_offline::custodian::client::{CustodianClient, Remote};
use heliograph_transparency::entry::Custodian;
use heliograph_transparency::files::{Answer, Ask, Reply};
use heliograph_transparency::ledger::custody::Custody;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread;

/// Where custodians are asked: those of the roster in force, and those of earlier ones, who still
/// hold the keys of what was sealed in their time.
pub struct KnownCustodians {
    local: Arc<dyn CustodianClient>,
    origin: String,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// Everyone who was ever on a roster, as the newest roster with them says.
    all: BTreeMap<CustodianId, Listed>,
    /// The roster in force, in its order.
    in_force: Vec<CustodianId>,
}

/// One custodian: what the log calls it, and the way to it, or why there is none.
#[derive(Clone)]
struct Listed {
    name: String,
    client: Result<Arc<dyn CustodianClient>, String>,
}

impl KnownCustodians {
    /// Knows the local custodian only, until [`follow`](Self::follow) tells of rosters.
    pub fn new(origin: &str, local: Arc<dyn CustodianClient>) -> Self {
        KnownCustodians {
            local,
            origin: origin.to_owned(),
            known: RwLock::default(),
        }
    }

    /// Takes up the rosters that the log has now.
    pub fn follow(&self, custody: &Custody) {
        let mut known = Known::default();
        for logged in custody.rosters() {
            let custodians = &logged.roster.custodians;
            known.in_force = custodians.iter().map(id).collect();
            for custodian in custodians {
                known.all.insert(id(custodian), self.listed(custodian));
            }
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn listed(&self, custodian: &Custodian) -> Listed {
        // A local one has no address that others could use.
        let client: Result<Arc<dyn CustodianClient>, String> = match &*custodian.address {
            "-" => Ok(self.local.clone()),
            address => match Remote::new(address) {
                Ok(remote) => Ok(Arc::new(remote)),
                Err(error) => Err(error.to_string()),
            },
        };
        Listed {
            name: custodian.name.clone(),
            client,
        }
    }

    /// The local one, whatever the rosters say.
    pub fn local(&self) -> &dyn CustodianClient {
        &*self.local
    }

    /// The roster in force, in its order; an address that cannot be used leaves its place empty.
    pub fn clients(&self) -> Vec<Arc<dyn CustodianClient>> {
        let known = self.read();
        let listed = known.in_force.iter().filter_map(|id| known.all.get(id));
        listed
            .filter_map(|listed| listed.client.clone().ok())
            .collect()
    }

    /// The way to one who is or was on a roster; an error says why there is none.
    pub fn client(
        &self,
        custodian: CustodianId,
    ) -> Result<Arc<dyn CustodianClient>, CustodianError> {
        let Listed { name, client } = self.find(custodian);
        client.map_err(|why| CustodianError {
            custodian: name,
            why,
        })
    }

    fn find(&self, custodian: CustodianId) -> Listed {
        let listed = self.read().all.get(&custodian).cloned();
        listed.unwrap_or_else(|| Listed {
            name: "without a name".to_owned(),
            client: Err("no roster of the log lists it".to_owned()),
        })
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks each of these what is its own, all at once, and waits for the slowest.
    fn each<A: Sync, T: Send>(
        &self,
        asks: &[A],
        of: impl Fn(&A) -> CustodianId,
        call: impl Fn(&dyn CustodianClient, &A) -> Result<T, String> + Sync,
    ) -> Vec<Result<T, CustodianError>> {
        let call = &call;
        thread::scope(|scope| {
            let under_way = asks.iter().map(|ask| {
                let Listed { name, client } = self.find(of(ask));
                let asked = scope.spawn(move || call(&*client?, ask));
                (name, asked)
            });
            // All are begun before the first is waited for.
            let under_way: Vec<_> = under_way.collect();
            let answers = under_way.into_iter().map(|(custodian, asked)| {
                let answer = asked.join();
                let answer = answer.unwrap_or_else(|_| Err("asking it failed".to_owned()));
                answer.map_err(|why| {
                    // Whether enough are left is seen later; the operator must know either way.
                    tracing::warn!(custodian, why, "custodian_does_not_answer");
                    CustodianError { custodian, why }
                })
            });
            answers.collect()
        })
    }
}

fn id(custodian: &Custodian) -> CustodianId {
    CustodianId(custodian.key)
}

impl Custodians for KnownCustodians {
    fn ask(&self, asks: &[(CustodianId, Ask)]) -> Vec<Result<Answer, CustodianError>> {
        let call =
            |client: &dyn CustodianClient, (_, ask): &(CustodianId, Ask)| match client.ask(ask) {
                Ok(Reply::Answer(answer)) => Ok(answer),
                Ok(Reply::Refusal(refusal)) => Err(refusal.reason),
                Err(error) => Err(error.to_string()),
            };
        self.each(asks, |(custodian, _)| *custodian, call)
    }

    fn preserve(
        &self,
        preserve: u64,
        records: &[Vec<u8>],
        parts: &[Part],
    ) -> Vec<Result<(), CustodianError>> {
        let call = |client: &dyn CustodianClient, part: &Part| {
            let positions = part.positions.clone();
            let ask = PreserveAsk::new(&self.origin, preserve, records, positions);
            client.preserve(&ask).map_err(|error| error.to_string())
        };
        self.each(parts, |part| part.custodian, call)
    }
}
