//! An officer in a key ceremony: one command a round, with sealed states in between.

use super::acts::SignatureFile;
use super::{Officer, OfficerError, fail};
use crate::ceremony::{Packet, Plan, Round1, Round2, Round3};
use crate::encoding::hex;
use crate::folder::{Folder, FolderError};
use crate::lock::Lock;
use crate::log_copy::CopyError;
use heliograph_vault::share::SecretShare;
use zeroize::Zeroizing;

impl Officer {
    /// Checks a plan against what this officer knows: it is invited, the log and trust policy are
    /// those pinned here, and a refresh continues the newest key.
    pub fn check_plan(&self, plan: &Plan) -> Result<(), OfficerError> {
        if plan.index_of(&self.card().key).is_none() {
            return Err(crate::ceremony::CeremonyError::NotInvited.into());
        }
        let copy = match self.log() {
            Err(OfficerError::Copy(CopyError::NoPolicy)) => {
                fail!("pin the trust policy first: everyone signs its hash")
            }
            copy => copy?,
        };
        if plan.origin != copy.origin() || plan.policy != copy.policy_hash() {
            fail!("the plan names another log or trust policy than is pinned here");
        }
        let newest = copy
            .ledger()
            .officers()
            .map(|set| set.keys.ceremony.session);
        match (plan.refreshed_session(), newest) {
            (Some(named), Some(newest)) if named != newest => {
                fail!("the plan does not refresh the newest key of the log")
            }
            _ => Ok(()),
        }
    }

    /// Round 1: commits. The packet goes to all.
    pub fn begin(&self, plan: &Plan, lock: &Lock) -> Result<Packet, OfficerError> {
        self.check_plan(plan)?;
        if self.state(plan, 1)?.is_some() || self.state(plan, 2)?.is_some() {
            fail!("this ceremony was begun here already: its packet was written then");
        }
        let identity = self.identity(lock)?;
        let share = self.earlier_share(plan, lock)?;
        let (state, packet) = Round1::begin(plan, &identity, share.as_ref(), &self.entropy)?;
        self.keep_state(plan, 1, lock, &state.to_secret_bytes())?;
        Ok(packet)
    }

    /// Round 2: deals, after everyone's packets of round 1. The packet goes to all.
    ///
    /// The state of round 1 stays until the next round is done, so that a packet that was lost
    /// can be made again.
    pub fn deal(
        &self,
        plan: &Plan,
        packets: &[Packet],
        lock: &Lock,
    ) -> Result<Packet, OfficerError> {
        let state = Round1::from_secret_bytes(&self.opened_state(plan, 1, lock)?)?;
        let (state, packet) = state.advance(plan, &self.identity(lock)?, packets)?;
        self.keep_state(plan, 2, lock, &state.to_secret_bytes())?;
        Ok(packet)
    }

    /// Round 3: adds up the share, keeps it, and confirms it. The packet goes to all.
    pub fn confirm(
        &self,
        plan: &Plan,
        packets: &[Packet],
        lock: &Lock,
    ) -> Result<Packet, OfficerError> {
        let state = Round2::from_secret_bytes(&self.opened_state(plan, 2, lock)?)?;
        let earlier = self.earlier_share(plan, lock)?;
        let identity = self.identity(lock)?;
        let (state, packet) =
            state.advance(plan, &identity, earlier.as_ref(), packets, &self.entropy)?;
        self.keep_share(lock, &plan.session, state.share())?;
        self.keep_state(plan, 3, lock, &state.to_secret_bytes())?;
        for round in [1, 2] {
            self.folder.destroy(&state_name(&plan.session, round))?;
        }
        Ok(packet)
    }

    /// Signs the entry that came out, if it is the one that this officer's own computation gives.
    pub fn sign_key(
        &self,
        plan: &Plan,
        entry: &[u8],
        lock: &Lock,
    ) -> Result<SignatureFile, OfficerError> {
        let state = Round3::from_secret_bytes(plan, &self.opened_state(plan, 3, lock)?)?;
        let signed = state.sign(plan, &self.identity(lock)?, entry)?;
        Ok(SignatureFile::new(&plan.origin, entry, signed))
    }

    fn earlier_share(&self, plan: &Plan, lock: &Lock) -> Result<Option<SecretShare>, OfficerError> {
        match plan.refreshed_session() {
            Some(session) => self.share(lock, &session),
            None => Ok(None),
        }
    }

    fn keep_state(
        &self,
        plan: &Plan,
        round: u8,
        lock: &Lock,
        state: &[u8],
    ) -> Result<(), OfficerError> {
        self.folder
            .write(&state_name(&plan.session, round), &lock.seal(state)?)?;
        Ok(())
    }

    fn state(&self, plan: &Plan, round: u8) -> Result<Option<Vec<u8>>, FolderError> {
        self.folder.read(&state_name(&plan.session, round))
    }

    fn opened_state(
        &self,
        plan: &Plan,
        round: u8,
        lock: &Lock,
    ) -> Result<Zeroizing<Vec<u8>>, OfficerError> {
        match self.state(plan, round)? {
            Some(sealed) => Ok(lock.open(&sealed)?),
            None => fail!("round {round} of this ceremony was not done in this folder"),
        }
    }
}

/// Destroys the states of a ceremony whose key is logged.
pub(super) fn forget(folder: &Folder, session: &[u8; 32]) -> Result<(), FolderError> {
    (1..=3).try_for_each(|round| folder.destroy(&state_name(session, round)))
}

fn state_name(session: &[u8; 32], round: u8) -> String {
    format!("ceremony-{}-{round}.age", hex(session))
}
