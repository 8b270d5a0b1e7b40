//! The custodians of the roster, as the desk asks them.

use heliograph_disclosure::Custodians;
use heliograph_disclosure::custodians::CustodianError;
use heliograph_offline::custodian::PreserveAsk;
use heliograph_offline::custodian::client::{CustodianClient, Remote};
use heliograph_transparency::entry::Roster;
use heliograph_transparency::files::{Answer, Ask, Reply};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

/// Where the roster's custodians are asked.
pub struct RosterOfCustodians {
    local: Arc<dyn CustodianClient>,
    origin: String,
    roster: RwLock<Vec<Listed>>,
}

/// One of the roster: its index, and the way to it.
type Listed = (u16, Result<Arc<dyn CustodianClient>, String>);

impl RosterOfCustodians {
    /// Knows the local custodian only, until [`follow`](Self::follow) tells of a roster.
    pub fn new(origin: &str, local: Arc<dyn CustodianClient>) -> Self {
        RosterOfCustodians {
            local,
            origin: origin.to_owned(),
            roster: RwLock::default(),
        }
    }

    /// Takes up the roster that the log has now.
    pub fn follow(&self, roster: &Roster) {
        let listed = roster.custodians.iter().map(|custodian| {
            // A local one has no address that others could use.
            let client: Result<Arc<dyn CustodianClient>, String> = match &*custodian.address {
                "-" => Ok(self.local.clone()),
                address => match Remote::new(address) {
                    Ok(remote) => Ok(Arc::new(remote)),
                    Err(error) => Err(error.to_string()),
                },
            };
            (custodian.index, client)
        });
        *self.roster.write().unwrap_or_else(PoisonError::into_inner) = listed.collect();
    }

    /// The local one, whatever the roster says.
    pub fn local(&self) -> &dyn CustodianClient {
        &*self.local
    }

    /// All of the roster, in its order; an address that cannot be used leaves its place empty.
    pub fn clients(&self) -> Vec<Arc<dyn CustodianClient>> {
        self.listed()
            .into_iter()
            .filter_map(|(_, client)| client.ok())
            .collect()
    }

    fn listed(&self) -> Vec<Listed> {
        let roster = self.roster.read().unwrap_or_else(PoisonError::into_inner);
        roster.clone()
    }

    /// Asks all of them at once, and waits for the slowest.
    fn each<T: Send>(
        &self,
        ask: impl Fn(&dyn CustodianClient) -> Result<T, String> + Sync,
    ) -> Vec<Result<T, CustodianError>> {
        let roster = self.listed();
        let ask = &ask;
        thread::scope(|scope| {
            let asked: Vec<_> = roster
                .iter()
                .map(|(index, client)| {
                    let asked = scope.spawn(move || match client {
                        Ok(client) => ask(&**client),
                        Err(why) => Err(why.clone()),
                    });
                    (*index, asked)
                })
                .collect();
            asked
                .into_iter()
                .map(|(custodian, asked)| {
                    let answer = asked
                        .join()
                        .unwrap_or_else(|_| Err("asking it failed".to_owned()));
                    answer.map_err(|why| CustodianError { custodian, why })
                })
                .collect()
        })
    }
}

impl Custodians for RosterOfCustodians {
    fn ask(&self, ask: &Ask) -> Vec<Result<Answer, CustodianError>> {
        self.each(|client| match client.ask(ask) {
            Ok(Reply::Answer(answer)) => Ok(answer),
            Ok(Reply::Refusal(refusal)) => Err(refusal.reason),
            Err(error) => Err(error.to_string()),
        })
    }

    fn preserve(&self, preserve: u64, records: &[Vec<u8>]) -> Vec<Result<(), CustodianError>> {
        let ask = PreserveAsk::new(&self.origin, preserve, records);
        self.each(|client| client.preserve(&ask).map_err(|error| error.to_string()))
    }
}
